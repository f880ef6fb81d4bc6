"""Choose the look and the saturation of `colorlab colorize` on one half of the validation photographs.

    python report/default_look.py

The rule: of the looks and factors whose mean CIEDE2000 is below grey's by more than two standard errors of the paired
difference, take the most colourful. It is applied to the photographs of even number of each scene of MiniPlaces'
val.zip, and reported on those of odd number: report/results/default_look.json. It needs MiniPlaces in
data/packed/miniplaces.
"""

import json

import numpy as np
from skimage.color import deltaE_ciede2000

from colorlab import color
from colorlab.base.paths import RESULTS
from colorlab.base.progress import Progress
from colorlab.base.provenance import commit
from colorlab.data import datasets
from colorlab.evaluation.metrics import colorfulness
from colorlab.networks.pretrained import NETWORKS, sha256_of
from colorlab.painting.network import load

LOOKS = ("places", "vivid")
FACTORS = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5)
BATCH = 50
HALVES = {"choose": 0, "report": 1}  # the remainder of the number of a photograph, divided by 2


def main():
    data = datasets.load("miniplaces").split("val")
    errors = measured(data)
    grey = errors.pop("grey")
    halves = {half: summary(errors, grey, slice(rest, None, 2)) for half, rest in HALVES.items()}
    good = {name: m for name, m in halves["choose"].items() if m["below grey"] > 2 * m["standard error"]}
    chosen = max(good, key=lambda name: good[name]["colourfulness"])
    record = {
        "chosen": chosen,
        "photographs": len(data),
        "digest": data.digest,
        "commit": commit(),
        "files": {name: sha256_of(NETWORKS[name].onnx) for name in LOOKS},
        **halves,
    }
    (RESULTS / "default_look.json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


def measured(data) -> dict[str, np.ndarray]:
    """Method -> (photographs, 3): CIEDE2000, squared error of RGB, colourfulness."""
    networks = {name: load(name).model for name in LOOKS}
    rows = {}
    with Progress(total=len(data), unit="photo", desc="measuring") as progress:
        for start in range(0, len(data), BATCH):
            true = np.asarray(data.images[start : start + BATCH])
            lightness, chroma = color.encode(true)
            answers = {"grey": np.full_like(chroma, color.GREY)}
            for name, network in networks.items():
                predicted = network.predict_on_batch(lightness)["chroma"]
                answers |= {f"{name} x{factor:g}": color.saturated(predicted, factor) for factor in FACTORS}
            true_lab = color.rgb_to_lab(true)
            for name, answer in answers.items():
                rgb = color.decode(lightness, answer)
                error = deltaE_ciede2000(true_lab, color.rgb_to_lab(rgb)).mean(axis=(1, 2))
                squared = np.square(rgb.astype("float32") - true).mean(axis=(1, 2, 3))
                rows.setdefault(name, []).append(np.stack([error, squared, [colorfulness(one) for one in rgb]], axis=1))
            progress.update(len(true))
    return {name: np.concatenate(parts) for name, parts in rows.items()}


def summary(errors, grey, half) -> dict:
    """Means over one half, and how far the mean CIEDE2000 is below grey's, with the standard error."""
    found = {"grey": described(grey[half], grey[half])}
    return {name: described(rows[half], grey[half]) for name, rows in errors.items()} | found


def described(rows, grey):
    gain = grey[:, 0] - rows[:, 0]
    return {
        "photographs": len(rows),
        "ciede2000": round(float(rows[:, 0].mean()), 3),
        "below grey": round(float(gain.mean()), 3),
        "standard error": round(float(gain.std(ddof=1) / np.sqrt(len(gain))), 3),
        "psnr": round(float(10 * np.log10(255**2 / rows[:, 1].mean())), 2),
        "colourfulness": round(float(rows[:, 2].mean()), 2),
    }


if __name__ == "__main__":
    main()
