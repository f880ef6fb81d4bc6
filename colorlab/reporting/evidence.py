"""Draw what the write-up's published pictures hold, from the record of their numbers, for notebook 11 and the report.

The record is report/results/11_mystery/published.json. The pictures are not shipped: data/write_up.py fetches them.
fields.json and fields.npz, beside the record, hold what trainings of the authors' network answer.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from colorlab import color
from colorlab.base.paths import DATA
from colorlab.base.rounding import rounded
from colorlab.data.photographs import read_photograph
from colorlab.evaluation import figures
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.evaluation.overflow import overflowed
from colorlab.reporting.records import read_arrays, record
from colorlab.training.runs import Run

LOSSLESS = ("lecture_hall", "dancing_couple", "ice_skating")  # Forbidden City was published as a JPEG


def published(results: Path) -> dict:
    """Return the record of the published pictures."""
    return record(results / "11_mystery" / "published.json")


def trainings(results: Path) -> list[dict]:
    """Return the recorded trainings of the authors' network, each with its answers: see report/fields.py."""
    return record(results / "11_mystery" / "fields.json")


def bands(results: Path) -> Figure:
    """Draw the colours of the lossless pictures over lightness: from the 5th to the 95th percentile of each group."""
    figure, axes = plt.subplots(len(LOSSLESS), 1, figsize=(figures.WIDTH * 0.75, 3.4), sharex=True)
    for axis, name in zip(axes, LOSSLESS, strict=True):
        groups = sorted(published(results)["pictures"][name]["bands"], key=lambda group: group["lightness"][1])
        for line, group in enumerate(groups):
            low, middle, high = group["lightness"]
            axis.add_patch(Rectangle((low, -line), high - low, 0.86, color=np.array(group["colour"]) / 255))
            axis.text(high + 1, 0.43 - line, f"{group['share']:.0%}", va="center", fontsize=8)
        axis.set(xlim=(0, 105), ylim=(0.95 - len(groups), 1), yticks=[])
        axis.grid(False)
        axis.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center")
    axes[-1].set_xlabel("lightness L of the photograph; percent of the pixels")
    return figure


def curves(results: Path) -> Figure:
    """Draw where the pixels of the lossless pictures lie in the plane of a and b, as published."""
    figure, axes = plt.subplots(1, len(LOSSLESS), figsize=(figures.WIDTH, 3.4), sharey=True)
    for axis, name in zip(axes, LOSSLESS, strict=True):
        a, b, pixels = np.transpose(published(results)["pictures"][name]["colours"])
        axis.imshow(figures.gamut_slice(65), extent=(-128, 127, -128, 127), origin="lower", alpha=0.55)
        axis.scatter(a, b, s=np.minimum(1 + pixels / 4, 30), color="black", linewidths=0)
        axis.set(title=name.replace("_", " "), xlabel="a (green to red)", aspect="equal")
        axis.set(xlim=(-128, 127), ylim=(-128, 127))
    axes[0].set_ylabel("b (blue to yellow)")
    return figure


def recovered(results: Path) -> Figure:
    """Draw the recovered a and b of the lossless pictures, averaged over 8x8 squares, as colours of L = 60."""
    images = []
    for name in LOSSLESS:
        ab = np.array([[one or (0, 0) for one in line] for line in published(results)["pictures"][name]["field"]])
        lab = np.concatenate([np.full((*ab.shape[:2], 1), 60.0), ab], axis=-1)
        images.append(color.to_uint8(color.lab_to_rgb(lab)))
    return figures.photographs({"": images}, titles=[name.replace("_", " ") for name in LOSSLESS], size=1.5)


def squares(results: Path) -> Figure:
    """Draw median steps between pixels: of a and b and of lightness by column, and of a and b across turns."""
    figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 3))
    titles = {"columns": "a and b", "lightness, columns": "lightness"}
    places = np.arange(4)
    for axis, (column, title) in zip(axes, titles.items(), strict=False):
        for number, name in enumerate(LOSSLESS):
            steps = published(results)["pictures"][name][column]
            axis.bar(places + 0.27 * (number - 1), steps, width=0.25, label=name.replace("_", " "))
        axis.set_xticks(places, ["0 to 1", "1 to 2", "2 to 3", "3 to 0"])
        axis.set(title=title, xlabel="from column to column")
    for name in LOSSLESS:
        across = published(results)["pictures"][name]["across turns"]
        axes[2].plot([int(turn) for turn in across], list(across.values()), "o-", markersize=3)
    axes[2].set(title="a and b, across turns", xlabel="if a turn is", ylim=(0, None))
    axes[2].set_xticks([250, 253, 256, 259, 262])
    axes[0].set_ylabel("median step, Lab units")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def seeds(results: Path) -> Figure:
    """Show what trainings of the authors' network make of one photograph with new variables and without a clip."""
    answers = read_arrays(results / "11_mystery" / "fields.npz")
    china = read_photograph(DATA / "gallery" / "china.jpg").convert("RGB").resize((color.IMAGE_SIZE,) * 2)
    photograph = color.rgb_to_lab(np.asarray(china) / 255)  # as report/fields.py showed it to the networks
    rows = {}
    for arm in dict.fromkeys(run["arm"] for run in trainings(results)):
        here = [key for key in answers if key.startswith(f"{arm}/") and key.endswith("/200")]
        if here:
            rows[arm.replace(", ", ",\n")] = [_painted(photograph, answers[key]) for key in here]
    return figures.photographs(rows, size=0.8)


def followed(runs: list[dict], way: str) -> np.ndarray:
    """Return how much of each answer two slopes explain, of those that are not nearly grey."""
    return np.array([value for run in runs for value in run["response to lightness"][way] if value is not None])


def fields_table(results: Path) -> list[list[str]]:
    """Return what the recorded trainings answer with new variables: a heading, then a line for each arm.

    Each training is looked at every 50 steps. *Saturated*: more than 1 % of a and b outside of 0.1 to 0.9. *Nearly
    grey*: under 10 % of the pixels outside of the gamut. *One hue*: neither, and at least 90 % of the colours within 45
    degrees of their mean hue. Of these, *cold*: mean hue within 45 degrees of blue. *As blue and strong* as the
    published pictures: mean a below a fifth of mean b, and as many pixels outside of the gamut as in lecture hall.
    """
    found = {}
    for run in trainings(results):
        found.setdefault(run["arm"], []).append([row["new variables"] for row in run["steps"] if row["step"]])
    lines = [["training", "seeds", "looks", "saturated", "nearly grey", "one hue", "cold", "as blue and strong"]]
    strong = 1 - _not_overflowed(results)
    for arm, seeds_ in found.items():
        looks = [row for rows in seeds_ for row in rows]
        one_hue = [row for row in looks if _has_one_hue(row)]
        cold = [row for row in one_hue if _mean(row)[1] < -abs(_mean(row)[0])]
        like = [row for row in cold if abs(_mean(row)[0]) < -_mean(row)[1] / 5 and row["overflows"] >= strong]
        saturated = [row for row in looks if row["at the ends"] > 0.01]
        grey = [row for row in looks if row["overflows"] < 0.1]
        counts = [seeds_, looks, saturated, grey, one_hue, cold, like]
        lines.append([arm, *(str(len(one)) for one in counts)])
    return lines


def _not_overflowed(results):
    """The share of the pixels of lecture hall that fit into bytes: of the lossless pictures, it has most."""
    (band,) = [one for one in published(results)["pictures"]["lecture_hall"]["bands"] if not any(one["turns"])]
    return band["share"]


def _has_one_hue(row):
    return row["at the ends"] <= 0.01 and row["overflows"] >= 0.1 and (row["one hue"] or 0) >= 0.9


def _mean(row):
    """Mean a and b over all photographs, from the grey of 1/2."""
    return np.mean(row["photographs"], axis=0) + 0.5


def _painted(lab, answer):
    """Cast a photograph with the a and b of an answer (h, w, 2), bytes of chroma, to bytes without a clip."""
    ab = color.enlarged(color.ab_of(answer / 255), lab.shape[:2])
    return overflowed(color.unclipped_rgb(np.concatenate([lab[..., :1], ab], axis=-1)))


def numbers(results: Path) -> dict:
    """Return what the record of the published pictures says of the lossless ones, as smallest and largest."""
    known = published(results)
    lossless = {name: known["pictures"][name] for name in LOSSLESS}
    responses = known["response to the lightness of"]
    ordinary = [100 * (one["turns"] - one["no turns"]) for one in known["ordinary photographs"].values()]
    own = [responses[name][name] for name in LOSSLESS]
    others = [responses[name][other]["explained"] for name in LOSSLESS for other in LOSSLESS if name != other]
    return {
        "explained": _percent(one["explained"] for one in lossless.values()),
        "without": _percent(one["controls"]["no turns"]["all"] for one in lossless.values()),
        "control": _percent(max(_permuted(one)) for one in lossless.values()),
        "inside": _percent(one["explained by distance from the border"]["16 and more"] for one in lossless.values()),
        "ordinary": f"{rounded(max(ordinary))}",
        "jpeg": f"{rounded(100 * known['pictures']['forbidden_city']['explained'])}",
        "across": _range([one["across turns"]["256"] for one in lossless.values()], 2),
        "within": _range([step for one in lossless.values() for step in one["columns"][::2]], 2),
        "between": _range([step for one in lossless.values() for step in one["columns"][1::2]], 2),
        "own": _percent(one["explained"] for one in own),
        "others": f"{rounded(100 * max(others))}",
        "bright": _range([one["bright"] for one in own], 3),
        "dark": _range([one["dark"] for one in own], 3),
        "b": _range([b for one in lossless.values() for b in (one["b"][0], one["b"][2])], 0),
    } | _trained(results)


def _trained(results):
    """What is known of trainings of the authors' network: in the write-up's setting, and of how answers follow L."""
    reported = Run(results / "11_mystery" / "write_up_adadelta_1e-05")
    losses = [WRITE_UP_BATCH * loss for loss in reported.column("chroma_loss")]
    found = {
        "epochs": str(len(losses)),
        "loss_first": f"{rounded(losses[0]):,}",
        "loss_last": f"{rounded(losses[-1]):,}",
    }
    runs = trainings(results)
    for name, way in (("new", "new variables"), ("population", "population statistics")):
        explained = followed(runs, way)
        found[f"over_{name}"] = f"{rounded(100 * np.mean(explained > 0.8))}"
    return found | {"trainings": str(len(runs))}


def controls(results: Path) -> list[list[str]]:
    """Return the share of pixels that one smooth field explains, and the same for the controls, as a table."""
    pictures = published(results)["pictures"]
    lines = [["share explained, %", *(name.replace("_", " ") for name in pictures)]]
    lines.append(["with turns of 256", *(f"{rounded(100 * one['explained'])}" for one in pictures.values())])
    for name in next(iter(pictures.values()))["controls"]:
        lines.append(
            [f"control: {name}", *(f"{rounded(100 * one['controls'][name]['all'])}" for one in pictures.values())]
        )
    return lines


def _permuted(one):
    return [share["all"] for name, share in one["controls"].items() if name != "no turns"]


def _percent(shares):
    return _range([100 * share for share in shares], 0)


def _range(values, decimals):
    low, high = f"{rounded(min(values), decimals)}", f"{rounded(max(values), decimals)}"
    return low if low == high else f"{low} to {high}"


EVIDENCE = {one.__name__: one for one in (bands, curves, squares)}
