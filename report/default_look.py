"""Choose how strong `colorlab colorize` makes the colours of each look, and which look is the default.

    python report/default_look.py

Of the photographs of MiniPlaces' val.zip, every second one chooses and the others report. A factor is good if
the mean CIEDE2000 is below grey's by two standard errors of the paired difference, and by so much more that it is
expected to be so again on the other half: the difference of two halves has a standard error that is √2 as large. So
2 + 2√2 standard errors are asked for. Of the good factors, the most colourful is the look's; of the looks, the most
colourful is the default. Writes report/results/default_look.json. Needs MiniPlaces, packed as "miniplaces".
"""

import json
import sys

import numpy as np
from skimage.color import deltaE_ciede2000

from colorlab import color
from colorlab.base.paths import RESULTS
from colorlab.base.progress import Progress
from colorlab.base.provenance import provenance
from colorlab.data import datasets
from colorlab.evaluation.errors import colorfulness
from colorlab.networks.pretrained import NETWORKS, sha256_of
from colorlab.painting.network import load

FACTORS = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5)
MARGIN = 2 + 2 * 2**0.5  # standard errors
BATCH = 50
HALVES = {"choose": 0, "report": 1}  # the remainder of a photograph's number, divided by 2


def main():
    data = datasets.load("miniplaces")
    start = provenance({"name": data.name})
    if start["commit"].endswith("+"):
        sys.exit("the checkout has changes that no commit holds: commit them first")
    errors = measured(data.split("val"))
    grey = errors["grey"]
    halves = {half: summary(errors, grey, slice(rest, None, 2)) for half, rest in HALVES.items()}
    chosen = {look: chosen_factor(halves["choose"], look) for look in NETWORKS}
    record = {
        "default": max(chosen, key=lambda look: halves["choose"][f"{look} x{chosen[look]:g}"]["colourfulness"]),
        "saturation": chosen,
        "margin": MARGIN,
        "digest": data.digest,
        "commit": start["commit"],
        "hardware": start["hardware"],
        "files": {look: sha256_of(network.onnx) for look, network in NETWORKS.items()},
        **halves,
    }
    (RESULTS / "default_look.json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


def measured(data) -> dict[str, np.ndarray]:
    """Method -> (photographs, 3): mean CIEDE2000, mean squared error of RGB, colourfulness."""
    networks = {look: load(look).model for look in NETWORKS}
    rows = {}
    with Progress(total=len(data), unit="photo", desc="measuring") as progress:
        for start in range(0, len(data), BATCH):
            true = np.asarray(data.images[start : start + BATCH])
            lightness, chroma = color.encode(true)
            answers = {"grey": np.full_like(chroma, color.GREY)}
            for look, network in networks.items():
                predicted = network.predict_on_batch(lightness)["chroma"]
                answers |= {f"{look} x{factor:g}": color.saturated(predicted, factor) for factor in FACTORS}
            true_lab = color.rgb_to_lab(true)
            for name, answer in answers.items():
                rgb = color.decode(lightness, answer)
                error = deltaE_ciede2000(true_lab, color.rgb_to_lab(rgb)).mean(axis=(1, 2))
                squared = np.square(rgb.astype("float32") - true).mean(axis=(1, 2, 3))
                rows.setdefault(name, []).append(np.stack([error, squared, [colorfulness(one) for one in rgb]], axis=1))
            progress.update(len(true))
    return {name: np.concatenate(parts) for name, parts in rows.items()}


def summary(errors, grey, half) -> dict:
    """Method -> its means over one half of the photographs, and how far its CIEDE2000 is below grey's."""
    return {name: means(rows[half], grey[half]) for name, rows in errors.items()}


def means(rows, grey):
    """The means of rows of `measured`, and the paired difference of CIEDE2000 from grey with its standard error."""
    gain = grey[:, 0] - rows[:, 0]
    return {
        "photographs": len(rows),
        "ciede2000": round(float(rows[:, 0].mean()), 3),
        "below_grey": round(float(gain.mean()), 3),
        "standard_error": round(float(gain.std(ddof=1) / np.sqrt(len(gain))), 3),
        "psnr": round(float(10 * np.log10(255**2 / rows[:, 1].mean())), 2),
        "colourfulness": round(float(rows[:, 2].mean()), 2),
    }


def chosen_factor(half, look) -> float:
    """The largest factor that is good: a larger one is more colourful. 1 if none is."""
    methods = {factor: half[f"{look} x{factor:g}"] for factor in FACTORS}
    return max([f for f, m in methods.items() if m["below_grey"] > MARGIN * m["standard_error"]], default=1.0)


if __name__ == "__main__":
    main()
