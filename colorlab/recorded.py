"""Figures of what is on record: each a function of the folder of records, so that a figure changes when a result does.

`colorlab report --figure NAME` writes one of them, the report shows them all, and notebooks may import them.
"""

import csv
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from colorlab import BadInput, figures, networks
from colorlab.losses import WRITE_UP_BATCH
from colorlab.runs import Run

COLUMN = 3.4  # inches: the width of a column of the report
WIDE = 7.0  # of both


def architecture(results: Path) -> Figure:
    """The six networks, drawn from the model: a block is as high as its maps and as wide as their number."""
    model = networks.colorizer()
    figure, axis = plt.subplots(figsize=(WIDE, 2.9))
    colours = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    ends = {}
    for (network, (before, middle)), colour in zip(DRAWN.items(), colours, strict=False):
        left = start = ends[before] + 0.35 if before else 0.0
        if before and network != "classification":
            arrow = {"arrowstyle": "->", "color": "0.4", "linewidth": 0.8}
            axis.annotate("", (start - 0.03, middle), (ends[before] - 0.1, DRAWN[before][1]), arrowprops=arrow)
        shapes = [layer.output.shape[1:] for layer in model.layers if _is_drawn(layer, network)]
        for shape in shapes:
            height, width = _height(shape), 0.1 + shape[-1] / 900
            corner = left, middle - height / 2
            axis.add_patch(Rectangle(corner, width, height, color=colour, alpha=0.8, linewidth=0))
            said = f"{shape[0]}\n{shape[-1]}" if len(shape) == 3 else str(shape[-1])
            axis.text(left + width / 2, middle + height / 2 + 0.03, said, ha="center", va="bottom", fontsize=6)
            left += width + 0.12
        ends[network] = left
        below = middle - max(map(_height, shapes)) / 2 - 0.05
        axis.text((start + left - 0.12) / 2, below, network.replace("_", " "), ha="center", va="top", fontsize=7)
    arrow = {"arrowstyle": "->", "color": "0.4", "linewidth": 0.8}
    # From the last global features to the fusion, and from those before the last to the classification.
    axis.annotate("", (ends["mid_level"] + 0.5, 0.26), (ends["global_features"] - 0.25, -0.75), arrowprops=arrow)
    from_below = arrow | {"connectionstyle": "arc3,rad=0.25"}
    axis.annotate(
        "", (ends["global_features"] + 0.4, -1.1), (ends["global_features"] - 0.65, -1.1), arrowprops=from_below
    )
    axis.set(xlim=(-0.1, max(ends.values())), ylim=(-1.4, 1.5))
    axis.axis("off")
    return figure


# network -> (the one that it goes on from, how high it is drawn)
DRAWN = {
    "low_level": (None, 0.0),
    "mid_level": ("low_level", 0.7),
    "global_features": ("low_level", -1.0),
    "fusion": ("mid_level", 0.7),
    "colorization": ("fusion", 0.7),
    "classification": ("global_features", -1.0),
}


def _is_drawn(layer, network):
    return layer.name.startswith(network) and type(layer).__name__ in ("Conv2D", "Dense", "Fusion", "UpSampling2D")


def _height(shape):
    return 0.02 + (shape[0] if len(shape) == 3 else 8) / 90


def training(results: Path) -> Figure:
    """Colour loss and accuracy of the training of the weights that ship."""
    history, methods = Run(results / "places").history, record(results / "places" / "metrics.json")["methods"]
    epochs = [row["epoch"] for row in history]
    figure, axes = plt.subplots(1, 2, figsize=(WIDE, 2.3))
    for name, prefix in (("training", ""), ("validation", "val_")):
        axes[0].plot(epochs, [WRITE_UP_BATCH * row[f"{prefix}chroma_loss"] for row in history], "o-", label=name)
        axes[1].plot(epochs, [100 * row[f"{prefix}scene_accuracy"] for row in history], "o-", label=name)
    for name in ("grey", "mean colour"):
        axes[0].axhline(methods[name]["chroma_loss_write_up"], **figures.BASELINE)
        axes[0].annotate(name, (epochs[-1], methods[name]["chroma_loss_write_up"]), va="bottom", ha="right", fontsize=8)
    axes[0].set(xlabel="epoch", ylabel="colour loss, 100 images", ylim=(1500, 1.06 * axes[0].dataLim.y1))
    axes[1].set(xlabel="epoch", ylabel="scenes right, %", ylim=(0, None))
    axes[1].legend(loc="lower right")
    figure.get_layout_engine().set(w_pad=0.12)
    return figure


def alpha_sweep(results: Path) -> Figure:
    """Colour loss and scene loss over the weight of the scene loss, of short and longer trainings; a dot is a seed."""
    rows = [row for row in _rows(results / "alpha" / "summary.csv") if row["loss"] == "squared"]
    alphas = sorted({float(row["alpha"]) for row in rows})
    panels = {"chroma_loss_write_up": "colour loss, 100 images", "val_scene_loss": "scene loss, nats"}
    figure, axes = plt.subplots(1, 2, figsize=(WIDE, 2.7))
    for axis, (column, title) in zip(axes, panels.items(), strict=True):
        for number, (depth, images) in enumerate(sorted({(int(row["depth"]), int(row["images"])) for row in rows})):
            mine = [row for row in rows if (int(row["depth"]), int(row["images"])) == (depth, images)]
            means = []
            for place, alpha in enumerate(alphas):
                values = [float(row[column]) for row in mine if float(row["alpha"]) == alpha]
                axis.plot([place] * len(values), values, "o", color=f"C{number}", markersize=4)
                means.append(np.mean(values))
            axis.plot(range(len(alphas)), means, color=f"C{number}", label=f"depth {depth}, {images:,} images")
        axis.set(ylabel=title, xlabel="alpha")
        axis.set_xticks(range(len(alphas)), [f"{alpha:g}" for alpha in alphas])
    classes = len(record(results / "places" / "scenes.json")["names"])
    axes[1].axhline(np.log(classes), **figures.BASELINE, label=f"chance, ln {classes}")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.get_layout_engine().set(w_pad=0.12)
    return figure


def learning_rates(results: Path) -> Figure:
    """Colour loss of the authors' network over 300 steps at several learning rates of Adadelta, and with AdamW."""
    figure, axis = plt.subplots(figsize=(4.8, 3.4))
    for run in trained_at_rates(results):
        name = f"{run.recipe['optimizer']} {run.recipe['learning_rate']:g}"
        losses = [WRITE_UP_BATCH * loss for loss in run.column("chroma_loss")]
        axis.plot(run.column("step"), losses, "o-", markersize=4, label=name)
    grey = record(results / "places" / "metrics.json")["methods"]["grey"]["chroma_loss_write_up"]
    axis.axhline(grey, **figures.BASELINE, label="grey")
    axis.set(xlabel="step", ylabel="colour loss, 100 images", yscale="log")
    _numbers_on_logarithmic(axis)
    figure.legend(ncols=2, loc="outside lower center")
    return figure


def _numbers_on_logarithmic(axis):
    """1, 2 and 5 times the powers of ten, written out."""
    axis.yaxis.set_major_locator(plt.LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:,.0f}")
    axis.yaxis.set_minor_formatter("")


def trained_at_rates(results: Path) -> list[Run]:
    """The recorded trainings of the authors' network on MiniPlaces, by optimizer and rate."""
    tried = [Run(folder) for folder in results.glob("11_mystery/miniplaces_*")]
    if not tried:
        raise BadInput(f"{results / '11_mystery'} has no miniplaces_… records")
    return sorted(tried, key=lambda run: (run.recipe["optimizer"], run.recipe["learning_rate"]))


REMOVED = ("nothing", "normalization", "first weights", "global features", "scene loss")


def ablations(results: Path) -> Figure:
    """Short trainings on MiniPlaces with one part of the network removed, three seeds each."""
    setting = record(results / "12_next_steps" / "metrics.json")
    return without_parts(trained_without(results), setting["mean_colour"], setting["chance"])


def trained_without(results: Path) -> dict[str, list[Run | None]]:
    """Removed part -> the recorded trainings without it, one a seed; None for one without its last epoch."""
    found = {}
    for part in REMOVED:
        runs = map(Run, sorted((results / "12_next_steps").glob(f"{part.replace(' ', '-')}_seed_*")))
        found[part] = [run if len(run.history) == run.recipe["epochs"] else None for run in runs]
        if not found[part]:
            raise BadInput(f"{results / '12_next_steps'} has no {part.replace(' ', '-')}_seed_… records")
    return found


LAST = {"val_chroma_loss": WRITE_UP_BATCH, "val_scene_accuracy": 100}  # of a history, and what it is multiplied with


def last(found: dict[str, list[Run | None]], column: str) -> dict[str, np.ndarray]:
    """Removed part -> what its trainings came to, one value for each seed that did not diverge."""
    return {
        part: np.array([LAST[column] * run.column(column)[-1] for run in runs if run]) for part, runs in found.items()
    }


def without_parts(found: dict[str, list[Run | None]], mean_colour: float, chance: float) -> Figure:
    """A row for each removed part: the last colour loss and share of scenes of each seed, their range and mean.

    mean_colour : the colour loss of an untrained network, which answers with the mean colour, of 100 photographs.
    chance : the share of scenes that is right by lot.
    """
    figure, axes = plt.subplots(1, 2, figsize=(WIDE, 1.1 + 0.4 * len(found)), sharey=True, width_ratios=(3, 2))
    baselines = {"not trained": mean_colour, "chance": 100 * chance}
    for axis, column, (name, baseline) in zip(axes, LAST, baselines.items(), strict=True):
        axis.axvline(baseline, **figures.BASELINE)
        above = {"xycoords": ("data", "axes fraction"), "xytext": (0, 3), "textcoords": "offset points"}
        axis.annotate(name, (baseline, 1), **above, ha="center", fontsize=9, color=figures.BASELINE["color"])
        for row, (part, values) in enumerate(last(found, column).items()):
            ink = "0.25" if part == "nothing" else f"C{row - 1}"
            if len(values):
                axis.hlines(row, values.min(), values.max(), color=ink, alpha=0.35, linewidth=7)
                axis.plot(values, np.full(len(values), row), "o", color=ink, markersize=5)
                axis.plot([values.mean()], [row], "|", color=ink, markersize=20, markeredgewidth=2)
            diverged = len(found[part]) - len(values)
            if diverged:
                text = f"{diverged} of {len(found[part])} diverged"
                end = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "center"}
                axis.annotate(text, (1, row), **end, fontsize=8, color="C1")
    names = ["nothing removed", *(f"without {part}" for part in list(found)[1:])]
    axes[0].set_yticks(range(len(found)), names)
    axes[0].set_ylim(len(found) - 0.5, -0.5)
    axes[0].set_xlabel("colour loss, 100 images")
    axes[0].xaxis.set_major_formatter("{x:,.0f}")
    axes[1].set_xlabel("scenes recognised, %")
    return figure


def boldness(results: Path) -> Figure:
    """Error over colourfulness of the two looks, both made stronger by 1, 1.2 and 1.4."""
    figure, axis = plt.subplots(figsize=(COLUMN, 2.4))
    measured = {look: record(results / look / "metrics.json")["methods"] for look in ("places", "vivid")}
    for (look, methods), marker in zip(measured.items(), "os", strict=True):
        points = [methods[name] for name in ("model", "model x1.2", "model x1.4")]
        where = [m["colourfulness"] for m in points], [m["ciede2000"] for m in points]
        axis.plot(*where, marker=marker, label=look)
    axis.axhline(measured["places"]["grey"]["ciede2000"], **figures.BASELINE, label="grey")
    axis.axvline(measured["places"]["truth"]["colourfulness"], color="0.8", linewidth=3, zorder=0, label="truth")
    axis.set(xlabel="colourfulness", ylabel="CIEDE2000")
    figure.legend(loc="outside lower center", ncols=4, fontsize=8)
    return figure


def told(results: Path) -> Figure:
    """Error over the number of colours that a user gives, beside what is told nothing."""
    methods = record(results / "13_five_ways" / "metrics.json")["miniplaces"]["methods"]
    counts = sorted({m["told"] for m in methods.values()} - {0})
    figure, axis = plt.subplots(figsize=(COLUMN, 2.6))
    for name in ("segments {}", "strokes {}", "strokes {} on places", "worst {} on places"):
        errors = [methods[name.format(count)]["ciede2000"] for count in counts]
        axis.plot(counts, errors, "o-", label=name.replace(" {}", ""))
    for name, above in (("grey", True), ("places", False)):
        axis.axhline(methods[name]["ciede2000"], **figures.BASELINE)
        where = {"va": "bottom" if above else "top", "ha": "right", "fontsize": 8}
        axis.annotate(name, (counts[-1], methods[name]["ciede2000"]), **where)
    axis.set(xlabel="colours that the user gives", ylabel="CIEDE2000", xscale="log", ylim=(0, 12))
    axis.set_xticks(counts, counts)
    axis.minorticks_off()
    axis.legend()
    return figure


def own_runs(runs: dict[str, Run]) -> Figure:
    """Validation loss of colour over the photographs seen, a line for each of somebody's runs."""
    figure, axis = plt.subplots(figsize=(WIDE, 3.2))
    for number, (name, run) in enumerate(runs.items()):
        images = [row["step"] * run.recipe["batch_size"] for row in run.history]
        losses = [WRITE_UP_BATCH * row["val_chroma_loss"] for row in run.history]
        axis.plot(images, losses, marker="os^Dv*X"[number // 7 % 7], label=name)  # there are seven colours
    axis.set(xlabel="photographs", ylabel="colour loss, 100 images", yscale="log")
    _numbers_on_logarithmic(axis)
    figure.legend(loc="outside lower center", ncols=2, fontsize=7)
    return figure


DRAWINGS = {
    one.__name__: one for one in (architecture, training, alpha_sweep, learning_rates, ablations, boldness, told)
}


def record(path: Path) -> dict:
    """What a record in JSON holds. Raises BadInput if it is missing or damaged."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise BadInput(f"there is no {path}") from None
    except ValueError as error:
        raise BadInput(f"{path} is damaged ({error})") from None


def _rows(path):
    if not path.exists():
        raise BadInput(f"there is no {path}")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
