"""Show what experiments found: differences without each part, paired by seed, and the trials of a search (notebook 12).

Losses are in the write-up's unit, sums over 100 images.
"""

import math

import matplotlib.pyplot as plt
import optuna
from matplotlib.figure import Figure

from colorlab.evaluation import figures, paired
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.training import search

LOSS = "colour loss, 100 images"


def differences(found: dict[str, dict[str, dict[int, float]]]) -> Figure:
    """Draw how much the loss changes without each part: a dot for each pair, their mean, and the interval of the mean.

    found : title of a panel -> part -> seed -> loss. The part "nothing" is what the others are compared with.
    """
    parts = list(dict.fromkeys(part for losses in found.values() for part in losses if part != "nothing"))
    size = figures.WIDTH, 1.3 + 0.4 * len(parts)
    figure, axes = plt.subplots(1, len(found), figsize=size, sharey=True, squeeze=False)
    for axis, (title, losses) in zip(axes[0], found.items(), strict=True):
        axis.axvline(0, **figures.BASELINE)
        for row, part in enumerate(parts):
            if part not in losses:
                axis.text(0.5, row, "not in this run", **_centred(axis))
            else:
                _pairs(axis, row, losses[part], losses["nothing"])
        axis.set(title=title, xlabel=f"change of the {LOSS}", ylim=(len(parts) - 0.5, -0.5))
        axis.xaxis.set_major_locator(plt.MaxNLocator(5))
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.margins(x=0.15)
    axes[0, 0].set_yticks(range(len(parts)), [f"without {part}" for part in parts])
    return figure


def _pairs(axis, row, changed, base):
    """Draw the differences of one part in their row."""
    one, ink = paired.difference(changed, base), f"C{row}"
    values = [changed[seed] - base[seed] for seed in sorted(changed.keys() & base.keys())]
    axis.plot(values, [row] * len(values), "o", color=ink, markersize=5)
    if one["low"] is None:
        text = "one pair: no interval" if values else "no pair"
        axis.text(0.5, row + 0.3, text, **_centred(axis))
    else:
        axis.hlines(row, one["low"], one["high"], color=ink, alpha=0.35, linewidth=7)
        axis.plot([one["mean"]], [row], "|", color=ink, markersize=20, markeredgewidth=2)


def _centred(axis):
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # over the line at zero
    where = {"transform": axis.get_yaxis_transform(), "ha": "center", "va": "center"}
    return where | {"fontsize": 8, "color": "0.4", "bbox": box}


def verdicts(losses: dict[str, dict[int, float]], pairs: int) -> list[list[str]]:
    """Return a table of what is found without each part: a heading, then a line for each.

    pairs : how many a part needs for a verdict.
    """
    lines = [["without", "pairs", "change", "95 % interval", "p", "p after Holm", "colour loss"]]
    for part, one in paired.compare(losses, pairs).items():
        numbers = [_written(one["mean"]), f"{_written(one['low'])} to {_written(one['high'])}"]
        corrected = "-" if one["corrected"] is None else f"{one['corrected']:.3f}"
        lines.append([part, str(one["pairs"]), *numbers, f"{one['p']:.3f}", corrected, one["verdict"]])
    return lines


def _written(value):
    return "-" if value is None else f"{value:+,.0f}"


def ranked(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Return the trials that were trained to the end, the best first, then those that were given up."""
    trials = study.get_trials(states=search.FINISHED)
    return sorted(trials, key=lambda one: (one.state.name != "COMPLETE", math.inf if one.value is None else one.value))


def trials(study: optuna.Study) -> list[list[str]]:
    """Return a table of the trials: a heading, then a line for each, the best first.

    Of a trial that was given up, the loss is that at which it happened; "-" if it was no longer a number.
    """
    lines = [["trial", "loss", "optimizer", "rate", "alpha", "batch", "depth", ""]]
    for one in ranked(study):
        p, loss = one.params, "-" if one.value is None else f"{WRITE_UP_BATCH * one.value:,.0f}"
        notes = ["the write-up's"] * (p == search.WRITE_UP) + ["given up"] * (one.state.name == "PRUNED")
        numbers = [f"{p['learning_rate']:.1e}", f"{p['alpha']:.2g}", str(p["batch_size"]), str(p["depth"])]
        lines.append([str(one.number), loss, p["optimizer"], *numbers, ", ".join(notes)])
    return lines


def searches(found: dict[str, tuple[optuna.Study, float]]) -> Figure:
    """Draw the loss of every trial in their order, and the best so far.

    found : title of a panel -> (search, the loss of the mean colour, at which the networks begin).
    """
    figure, axes = plt.subplots(1, len(found), figsize=(figures.WIDTH, 3.4), squeeze=False)
    for axis, (title, (study, mean_color)) in zip(axes[0], found.items(), strict=True):
        done = [one for one in study.get_trials(states=search.FINISHED) if one.value is not None]
        for state, name, face in (("COMPLETE", "to the end", "C0"), ("PRUNED", "given up", "none")):
            mine = [(one.number, WRITE_UP_BATCH * one.value) for one in done if one.state.name == state]
            axis.plot(*zip(*mine, strict=True) if mine else ([], []), "o", mec="C0", mfc=face, label=name)
        axis.axhline(mean_color, **figures.BASELINE, label="the mean colour, not trained")
        axis.set(title=title, xlabel="trial", ylabel=LOSS, yscale="log")
        axis.yaxis.set_major_locator(plt.LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter("{x:,.0f}")
        axis.yaxis.set_minor_formatter("")
        axis.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
