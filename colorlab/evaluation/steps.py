"""Draw how long the steps of optimizers are, over a whole training."""

import numpy as np
from matplotlib.figure import Figure

from colorlab.evaluation import figures

SPANS = 40  # points of a line at most: each is the mean over a span of steps, and later spans are longer


def step_sizes(lines: dict[str, np.ndarray], levels: dict[str, float]) -> Figure:
    """Draw sizes over the steps of a training, from step 1 on, with both axes logarithmic.

    lines : name -> one positive number for each step, all of one length. levels : name -> a dashed horizontal line.
    """
    (steps,) = {len(values) for values in lines.values()}
    starts, stops, middles = _spans(steps)
    means = {name: (middles, np.add.reduceat(values, starts) / (stops - starts)) for name, values in lines.items()}
    figure = figures.curves(means, "step", "size", levels, xscale="log", yscale="log")
    figure.axes[0].get_legend().remove()  # the lines leave no room for it
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _spans(steps):
    """Return the first step of each span, counted from 0, the step behind its last, and its middle, counted from 1."""
    edges = np.unique(np.geomspace(1, steps + 1, SPANS + 1).round().astype(int)) - 1
    return edges[:-1], edges[1:], (edges[:-1] + edges[1:] + 1) / 2
