"""Keep the errors of every photograph, and what they add up to: the numbers that are published.

    python report/errors.py         # resumes where it was stopped

Of MiniPlaces, the half of the validation photographs that chose nothing is published (`report`); of pocket it is the
split test. Writes report/results/errors/: `miniplaces.npz` and `pocket.npz` have the errors of each photograph in
float16, "METHOD/KIND" -> (N,), with its scene; `metrics.json` has the metrics, their 95 % intervals, the differences
between methods, and the scenes with the largest and the smallest gain, all computed from these arrays. Needs
MiniPlaces, packed as "miniplaces".
"""

import json

import numpy as np
from parts import in_parts, predictions

from colorlab import color
from colorlab.base.files import replacing
from colorlab.base.paths import RESULTS
from colorlab.base.provenance import described, of_record
from colorlab.data import datasets
from colorlab.evaluation import intervals
from colorlab.evaluation.errors import Errors
from colorlab.evaluation.metrics import rank_of_truth
from colorlab.networks.pretrained import DEFAULT, NETWORKS, sha256_of
from colorlab.painting.network import load

FOLDER = RESULTS / "errors"
SHOWN = 10  # scenes with the largest and with the smallest gain
USED = {look: f"{look} x{network.saturation:g}" for look, network in NETWORKS.items()}  # as colorize makes them


def main():
    places, pocket = datasets.load("miniplaces"), datasets.load("pocket")
    start = of_record(described(places))
    FOLDER.mkdir(exist_ok=True)
    record = {
        "provenance": start,
        "files": {look: sha256_of(network.onnx) for look, network in NETWORKS.items()},
        "default": USED[DEFAULT],
        "intervals": {"resamples": intervals.RESAMPLES, "seed": intervals.SEED, "percentiles": intervals.LEVELS},
    }
    for whole, measured in ((places, places.split("val").half("report")), (pocket, pocket.split("test"))):
        errors = in_parts(f"errors-{whole.name}", datasets.centre(measured), Methods(whole, places).errors_of)
        arrays = {key: value.astype("float16") for key, value in errors.items() if "top" not in key}
        arrays |= ranks_right(errors, measured)
        arrays["scene"] = measured.labels.astype("uint8")
        with replacing(FOLDER / f"{whole.name}.npz") as temporary, temporary.open("wb") as out:
            np.savez_compressed(out, **arrays)
        record[whole.name] = described(whole) | {"photographs": len(measured)} | summary(whole)
    with replacing(FOLDER / "metrics.json") as temporary:
        temporary.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n")


class Methods:
    """The methods that are measured: grey, the mean colour of the training photographs, the looks, and the truth."""

    def __init__(self, whole, places):
        self.mean = datasets.mean_color(whole.split("train"))
        self.networks = {look: load(look).model for look in NETWORKS}
        self.names_scenes = whole is places

    def errors_of(self, true) -> dict[str, np.ndarray]:
        lightness, chroma = color.encode(true)
        answers = {"grey": np.full_like(chroma, color.GREY), "mean colour": np.broadcast_to(self.mean, chroma.shape)}
        logits = {}
        for look, predicted in predictions(self.networks, lightness).items():
            for factor in sorted({1.0, NETWORKS[look].saturation}):
                answers[f"{look} x{factor:g}"] = color.saturated(predicted["chroma"], factor)
                if self.names_scenes:
                    logits[f"{look} x{factor:g}/top"] = predicted["scene"]
        found = {}
        for name, answer in (answers | {"truth": chroma}).items():
            errors = Errors()
            errors.add(true, lightness, chroma, answer)
            found |= {f"{name}/{kind}": np.asarray(values) for kind, values in errors.each().items()}
        return found | logits


def ranks_right(errors, dataset) -> dict[str, np.ndarray]:
    """Whether the right scene is the first, or among the first five, of a network's answer: 100 or 0."""
    found = {}
    for key in errors:
        if key.endswith("/top"):
            ranks = rank_of_truth(errors[key], dataset.labels)
            found |= {f"{key}{top}": np.where(ranks < top, 100, 0).astype("uint8") for top in (1, 5)}
    return found


def summary(dataset) -> dict:
    """What the arrays of a data set add up to."""
    errors = {}
    with np.load(FOLDER / f"{dataset.name}.npz") as arrays:
        scenes = np.array(dataset.classes)[arrays["scene"]]
        for key in arrays:
            if key != "scene":
                method, kind = key.split("/")
                errors.setdefault(method, {})[kind] = arrays[key].astype("float64")
    values, spans = intervals.measured(errors)
    found = {"methods": values, "intervals": spans, "against": against(errors)}
    return found | {"gain over grey by scene": {way: by_scene(errors, scenes, way) for way in USED.values()}}


def against(errors) -> dict:
    """Method -> other method -> kind -> by how much its error is lower (of ssim_ab: how much higher it is)."""
    networks = [name for name in errors if " x" in name]
    pairs = [(one, other) for one in networks for other in ("grey", "mean colour")]
    pairs += [(one, other) for one in networks for other in networks if one != other]
    found = {}
    for one, other in pairs:
        lower = intervals.paired(errors[one]["ciede2000"], errors[other]["ciede2000"])
        higher = intervals.paired(-errors[one]["ssim_ab"], -errors[other]["ssim_ab"])
        found.setdefault(one, {})[other] = {"ciede2000": lower, "ssim_ab": higher}
    return found


def by_scene(errors, scene, way) -> dict:
    """The scenes in which the mean gain over grey, of CIEDE2000, is largest and smallest; how many photographs gain."""
    gain = errors["grey"]["ciede2000"] - errors[way]["ciede2000"]
    found = {
        str(name): {"gain": float(gain[scene == name].mean()), "gaining": int((gain[scene == name] > 0).sum())}
        for name in np.unique(scene)
    }
    order = sorted(found, key=lambda name: -found[name]["gain"])
    return {
        "best": {name: found[name] for name in order[:SHOWN]},
        "worst": {name: found[name] for name in order[-SHOWN:]},
    }


if __name__ == "__main__":
    main()
