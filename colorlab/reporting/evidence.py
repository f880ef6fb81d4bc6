"""Draw what the write-up's published pictures hold, from the record of their numbers, for notebook 11 and the report.

The record is report/results/11_mystery/published.json. The pictures themselves are not shipped: data/write_up.py fetches
them. fields.json and fields.npz beside it hold what trainings of the authors' network answer.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.data.packing import decode
from colorlab.evaluation import figures
from colorlab.evaluation.overflow import overflowed
from colorlab.reporting.records import record

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


def squares(results: Path) -> Figure:
    """Draw the median step from a column of pixels to the next, of the recovered a and b and of the lightness."""
    figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH * 0.75, 3))
    titles = {"columns": "recovered a and b", "lightness, columns": "lightness"}
    places = np.arange(4)
    for axis, (column, title) in zip(axes, titles.items(), strict=True):
        for number, name in enumerate(LOSSLESS):
            steps = published(results)["pictures"][name][column]
            axis.bar(places + 0.27 * (number - 1), steps, width=0.25, label=name.replace("_", " "))
        axis.set_xticks(places, ["0 to 1", "1 to 2", "2 to 3", "3 to 4"])
        axis.set(title=title, xlabel="from column … to column …, modulo 4")
    axes[0].set_ylabel("median step, Lab units")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def seeds(results: Path) -> Figure:
    """Show what trainings of the authors' network make of one photograph with new variables and without a clip."""
    path = results / "11_mystery" / "fields.npz"
    try:
        with np.load(path) as file:
            answers = dict(file)
    except FileNotFoundError:
        raise BadInput(f"there is no {path}") from None
    photograph = color.rgb_to_lab(decode((DATA / "gallery" / "china.jpg").read_bytes(), color.IMAGE_SIZE) / 255)
    rows = {}
    for arm in dict.fromkeys(run["arm"] for run in trainings(results)):
        here = [key for key in answers if key.startswith(f"{arm}/") and key.endswith("/400")]
        if here:
            rows[arm.replace(", ", ",\n")] = [_painted(photograph, answers[key]) for key in here]
    return figures.photographs(rows, size=0.8)


def _painted(lab, answer):
    """Cast a photograph with the a and b of an answer (h, w, 2), bytes of chroma, to bytes without a clip."""
    ab = color.enlarged(color.ab_of(answer / 255), lab.shape[:2])
    return overflowed(color.unclipped_rgb(np.concatenate([lab[..., :1], ab], axis=-1)))


EVIDENCE = {one.__name__: one for one in (bands, curves, squares)}
