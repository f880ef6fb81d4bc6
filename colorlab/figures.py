"""The pictures that the notebooks and the report show, all in one look (colorlab.mplstyle, set on import).

Every function returns a matplotlib Figure about 900 pixels wide at most; a notebook shows it by ending a cell on it.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from colorlab import color

plt.style.use(Path(__file__).with_name("colorlab.mplstyle"))

WIDTH = 9.0  # inches at 100 dots an inch: as wide as GitHub shows a notebook
BASELINE = {"color": "0.35", "linestyle": "--", "linewidth": 1.2}


def photographs(rows: dict[str, list[np.ndarray]], titles: list[str] | None = None, size: float = 1.3) -> Figure:
    """Photographs in rows with a name each, columns with a title each.

    rows : name -> images, (H, W, 3) RGB uint8, or (H, W) shown in grey. size : inches a photograph, at most.
    """
    columns = max(len(images) for images in rows.values())
    side = min(size, (WIDTH - 1) / columns)
    figure, axes = plt.subplots(
        len(rows), columns, figsize=(side * columns + 0.8, side * len(rows) + 0.25 * bool(titles)), squeeze=False
    )
    for axis in axes.flat:
        _bare(axis)
    for (name, images), line in zip(rows.items(), axes, strict=True):
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for image, axis in zip(images, line, strict=False):
            axis.imshow(image, cmap="gray")
    for title, axis in zip(titles or [], axes[0], strict=False):
        axis.set_title(title, fontsize=9, fontweight="normal", loc="center")
    return figure


def feature_maps(maps: np.ndarray, columns: int = 8, size: float = 1.05, titles: list[str] | None = None) -> Figure:
    """Feature maps (H, W, C) side by side, each scaled to its own range (dark is low, bright is high)."""
    count = maps.shape[-1]
    lines = -(-count // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(size * columns, size * lines), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for channel, axis in zip(range(count), axes.flat, strict=False):
        axis.imshow(maps[..., channel])
        if titles:
            axis.set_title(titles[channel], fontsize=8, fontweight="normal", loc="center")
    return figure


def curves(
    lines: dict[str, tuple[list, list]], xlabel: str, ylabel: str, baselines: dict[str, float] | None = None, **axis
) -> Figure:
    """Lines of y over x, named in a legend, with dashed horizontal baselines named where they end.

    lines : name -> (x, y). Further keywords set properties of the axis, such as yscale="log".
    """
    figure, ax = plt.subplots(figsize=(WIDTH * 0.75, 3.4))
    for name, (x, y) in lines.items():
        ax.plot(x, y, label=name, marker="o" if len(x) < 25 else None, markersize=4)
    for name, value in (baselines or {}).items():
        ax.axhline(value, **BASELINE)
        ax.annotate(name, (1, value), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
                    va="center", fontsize=9, color=BASELINE["color"], annotation_clip=False)
    ax.set(xlabel=xlabel, ylabel=ylabel, **axis)
    if len(lines) > 1:
        ax.legend()
    return figure


def distributions(values: dict[str, np.ndarray], xlabel: str, bins=80, range=None) -> Figure:
    """Histograms beside each other, one a name: how the values of each are spread."""
    figure, axes = plt.subplots(1, len(values), figsize=(WIDTH, 2.4), squeeze=False, sharex=range is not None)
    for (name, numbers), axis in zip(values.items(), axes[0], strict=True):
        axis.hist(np.ravel(numbers), bins=bins, range=range, density=True, color="C0")
        axis.set(title=name, xlabel=xlabel, yticks=[])
    return figure


def ab_plane(ab: np.ndarray, title: str = "", axis=None, lightness: float = 65.0) -> Figure:
    """Where colours lie in the plane of a and b: their density as contours over the colours the plane stands for.

    ab : (..., 2) in Lab units. The colours shown are those of one lightness; white is what no screen can show.
    """
    figure, axis = (axis.figure, axis) if axis is not None else plt.subplots(figsize=(4.2, 4.2))
    axis.imshow(gamut_slice(lightness), extent=(-128, 127, -128, 127), origin="lower", alpha=0.55)
    points = np.reshape(ab, (-1, 2))
    counts, a_edges, b_edges = np.histogram2d(*points.T, bins=64, range=[(-128, 127)] * 2)
    logs = np.log10(counts.T + 1)
    middles = (a_edges[1:] + a_edges[:-1]) / 2, (b_edges[1:] + b_edges[:-1]) / 2
    axis.contour(*middles, logs, levels=np.linspace(0.3, max(logs.max(), 0.4), 6), colors="black", linewidths=0.8)
    axis.set(title=title, xlabel="a (green to red)", ylabel="b (blue to yellow)", aspect="equal")
    return figure


def gamut_slice(lightness: float, size: int = 256) -> np.ndarray:
    """The colours of one lightness over the plane of a and b, (size, size, 3) uint8; white where sRGB has none."""
    a, b = np.meshgrid(np.linspace(-128, 127, size), np.linspace(-128, 127, size))
    lab = np.stack([np.full_like(a, lightness), a, b], axis=-1)
    rgb = color.lab_to_rgb(lab)
    shown = np.abs(color.rgb_to_lab(rgb) - lab).max(axis=-1) < 0.5  # unchanged by clipping: inside the gamut
    return color.to_uint8(np.where(shown[..., None], rgb, 1.0))


def _bare(axis):
    """No ticks, grid or frame: for axes that hold a photograph."""
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)
