"""Make every choice that needs no training, on the half of the validation photographs that chooses.

    python report/choices.py        # resumes where it was stopped

How strong `colorlab colorize` makes the colours of each look, which look is the default, and at which temperature, and
with which share of the rebalancing taken back, the look vivid answers. An answer is good if its mean CIEDE2000 is below
grey's by two standard errors of the paired difference, and by so much more that it is expected to be so again on the
other half: the difference of two halves has a standard error that is √2 as large. So 2 + 2√2 standard errors are asked
for. Of the good factors, the most colourful is the look's. Of the looks, the most colourful is the default. Of the
pairs of temperature and share, the most colourful at its own factor is vivid's. Every second pixel of every second row
counts, which is enough for a mean.

Writes report/results/choices.json. Needs MiniPlaces, packed as "miniplaces". report/errors.py measures what was chosen
on the other half.
"""

import json

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from parts import in_parts, predictions
from skimage.color import deltaE_ciede2000

from colorlab import color
from colorlab.base.files import replacing
from colorlab.base.paths import RESULTS
from colorlab.base.provenance import described, of_record
from colorlab.data import datasets
from colorlab.evaluation.errors import colorfulness
from colorlab.networks import bins
from colorlab.networks.pretrained import NETWORKS, sha256_of
from colorlab.painting.network import load

FACTORS = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5)
TEMPERATURES = (1.0, 0.58, bins.TEMPERATURE, 0.02)
SHARES = (0.0, bins.TAKEN_BACK, 1.0)
PAIRS = {f"T {T:g}, {share:g} taken back": (T, share) for T in TEMPERATURES for share in SHARES}
THIN = np.s_[:, ::2, ::2]  # of photographs
MARGIN = 2 + 2 * 2**0.5  # standard errors
# Decimals on record. The choice is made before they are rounded: one pair misses the bound by 0.001.
DIGITS = {"photographs": None, "ciede2000": 3, "below_grey": 3, "standard_error": 3, "psnr": 2, "colourfulness": 2}


def main():
    data = datasets.load("miniplaces").split("val").half("choose")
    start = of_record(described(data))
    errors = in_parts("choices", datasets.centre(data), Answers().measured)
    ways = sorted({key.rsplit("/", 1)[0] for key in errors})
    grey = errors["grey x1/ciede2000"]
    means = {way: means_of({kind: errors[f"{way}/{kind}"] for kind in KINDS}, grey) for way in ways}
    looks = {look: chosen_factor(means, look) for look in NETWORKS}
    pairs = {pair: chosen_factor(means, pair) for pair in PAIRS}
    record = {
        "provenance": start,
        "files": {look: sha256_of(network.onnx) for look, network in NETWORKS.items()},
        "margin": MARGIN,
        "default": most_colourful(means, looks),
        "saturation": looks,
        "pair": most_colourful(means, pairs),
        "saturation of each pair": pairs,
        "choose": {way: {key: round(value, DIGITS[key]) for key, value in m.items()} for way, m in means.items()},
    }
    with replacing(RESULTS / "choices.json") as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps({key: record[key] for key in ("default", "saturation", "pair", "saturation of each pair")}))


KINDS = ("ciede2000", "squared_rgb", "colourfulness")


class Answers:
    """The answers of the looks, and those of vivid at other temperatures and shares."""

    def __init__(self):
        self.networks = {look: load(look).model for look in NETWORKS}
        self.heads = {name: head(*pair) for name, pair in PAIRS.items()}

    def of(self, lightness):
        """Yield the name and the chroma of each answer."""
        predicted = predictions(self.networks, lightness)
        yield from ((look, known["chroma"]) for look, known in predicted.items())
        for name, session in self.heads.items():
            yield name, session.run(["chroma"], {"fused": predicted["places"]["fused"]})[0]

    def measured(self, true) -> dict[str, np.ndarray]:
        lightness, chroma = color.encode(true)
        true_lab, found = color.rgb_to_lab(true[THIN]), {}
        self.add(found, "grey x1", true, true_lab, lightness, np.full_like(chroma, color.GREY))
        for name, answer in self.of(lightness):
            for factor in FACTORS:
                stronger = color.saturated(answer, factor)
                self.add(found, f"{name} x{factor:g}", true, true_lab, lightness, stronger)
        return found

    def add(self, found, way, true, true_lab, lightness, answer):
        rgb, true = color.decode(lightness, answer)[THIN], true[THIN]
        found[f"{way}/ciede2000"] = deltaE_ciede2000(true_lab, color.rgb_to_lab(rgb)).mean(axis=(1, 2))
        found[f"{way}/squared_rgb"] = np.square(rgb.astype("float32") - true).mean(axis=(1, 2, 3))
        found[f"{way}/colourfulness"] = np.array([colorfulness(one) for one in rgb])


def head(temperature, share):
    """The layers of vivid after the fusion, with another temperature and share of the rebalancing taken back."""
    proto = onnx.load(NETWORKS["vivid"].onnx)
    for constant in proto.graph.initializer:
        if constant.name == "chroma/less":  # bins.TAKEN_BACK x log(rarity)
            less = numpy_helper.to_array(constant) * (share / bins.TAKEN_BACK)
            constant.CopyFrom(numpy_helper.from_array(less.astype("float32"), constant.name))
        if constant.name == "chroma/temperature":
            constant.CopyFrom(numpy_helper.from_array(np.float32(temperature), constant.name))
    return onnxruntime.InferenceSession(proto.SerializeToString())


def means_of(errors, grey) -> dict:
    """The means over the photographs, and the paired difference of CIEDE2000 from grey with its standard error."""
    gain = grey - errors["ciede2000"]
    return {
        "photographs": len(gain),
        "ciede2000": float(errors["ciede2000"].mean()),
        "below_grey": float(gain.mean()),
        "standard_error": float(gain.std(ddof=1) / np.sqrt(len(gain))),
        "psnr": float(10 * np.log10(255**2 / errors["squared_rgb"].mean())),
        "colourfulness": float(errors["colourfulness"].mean()),
    }


def chosen_factor(means, answer) -> float | None:
    """The largest factor that is good: a larger one is more colourful. None if none is."""
    known = {factor: means[f"{answer} x{factor:g}"] for factor in FACTORS}
    return max([f for f, m in known.items() if m["below_grey"] > MARGIN * m["standard_error"]], default=None)


def most_colourful(means, factors) -> str | None:
    """The name whose answer is the most colourful at its factor, of those that have a good one."""
    good = {name: factor for name, factor in factors.items() if factor}
    return max(good, key=lambda name: means[f"{name} x{good[name]:g}"]["colourfulness"], default=None)


if __name__ == "__main__":
    main()
