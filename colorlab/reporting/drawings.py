"""Draw the figures of the report. Each is a function of the folder of records, so it changes when a result does.

`colorlab report --figure NAME` writes one of them, the report shows them all, and notebooks may import them.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from colorlab.evaluation import figures
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.reporting import headline
from colorlab.reporting.architecture import architecture
from colorlab.reporting.records import LAST, last, read_rows, record, trained_at_rates, trained_without
from colorlab.training.runs import Run

COLUMN = 3.4  # inches: the width of a column of the report
WIDE = 7.0  # inches: the width of both columns


def training(results: Path) -> Figure:
    """Draw the colour loss and the scene accuracy over the training of the weights that ship."""
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
    figure.set_layout_engine("constrained", w_pad=0.12)
    return figure


def alpha_sweep(results: Path) -> Figure:
    """Draw colour loss and scene loss over alpha, the weight of the scene loss. A dot is a training with one seed."""
    rows = [row for row in read_rows(results / "alpha" / "summary.csv") if row["loss"] == "squared"]
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
    figure.set_layout_engine("constrained", w_pad=0.12)
    return figure


def learning_rates(results: Path) -> Figure:
    """Draw the colour loss of the authors' network over 300 steps, for several learning rates and optimizers."""
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
    """Label a logarithmic axis at 1, 2 and 5 times the powers of ten, with the numbers written out."""
    axis.yaxis.set_major_locator(plt.LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:,.0f}")
    axis.yaxis.set_minor_formatter("")


def ablations(results: Path) -> Figure:
    """Draw the results of short trainings on MiniPlaces with one part of the network removed, three seeds each."""
    setting = record(results / "12_next_steps" / "metrics.json")
    return without_parts(trained_without(results), setting["mean_colour"], setting["chance"])


def without_parts(found: dict[str, list[Run | None]], mean_color: float, chance: float) -> Figure:
    """Draw a row for each removed part: the last colour loss and accuracy of each seed, their range and mean.

    mean_color : the colour loss, for 100 photographs, of an untrained network, which answers with the mean colour.
    chance : the share of scenes that guessing gets right.
    """
    figure, axes = plt.subplots(1, 2, figsize=(WIDE, 1.1 + 0.4 * len(found)), sharey=True, width_ratios=(3, 2))
    baselines = {"not trained": mean_color, "chance": 100 * chance}
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
    """Draw error over colourfulness of places and vivid, made stronger, on the half that chooses."""
    figure, axis = plt.subplots(figsize=(COLUMN, 2.4))
    means = record(results / "choices.json")["choose"]
    for look, marker in (("places", "o"), ("vivid", "s")):
        points = sorted((m["colourfulness"], m["ciede2000"]) for way, m in means.items() if way.startswith(f"{look} x"))
        axis.plot(*zip(*points, strict=True), marker=marker, markersize=4, label=look)
    axis.axhline(means["grey x1"]["ciede2000"], **figures.BASELINE, label="grey")
    truth = headline.published(results)["miniplaces"]["methods"]["truth"]["colourfulness"]
    axis.axvline(truth, color="0.8", linewidth=3, zorder=0, label="truth")
    axis.set(xlabel="colourfulness", ylabel="CIEDE2000")
    figure.legend(loc="outside lower center", ncols=4, fontsize=8)
    return figure


def told(results: Path) -> Figure:
    """Draw error over the number of colours that a user gives, beside grey and a network, which are told none."""
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
    """Draw the validation loss of colour over the photographs seen, a line for each of a learner's runs."""
    figure, axis = plt.subplots(figsize=(WIDE, 3.2))
    for number, (name, run) in enumerate(runs.items()):
        images = [row["step"] * run.recipe["batch_size"] for row in run.history]
        losses = [WRITE_UP_BATCH * row["val_chroma_loss"] for row in run.history]
        axis.plot(images, losses, marker="os^Dv*X"[number // 7 % 7], label=name)  # the style has seven colours
    axis.set(xlabel="photographs", ylabel="colour loss, 100 images", yscale="log")
    _numbers_on_logarithmic(axis)
    figure.legend(loc="outside lower center", ncols=2, fontsize=7)
    return figure


DRAWINGS = {
    one.__name__: one for one in (architecture, training, alpha_sweep, learning_rates, ablations, boldness, told)
}
