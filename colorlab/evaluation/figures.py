"""Draw the figures of the notebooks and the report, all in the style colorlab.mplstyle, which `use_style` sets.

Every function returns a matplotlib Figure, at most about 900 pixels wide, which a notebook shows with `show`.
"""

import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from colorlab import color
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.evaluation.showing import show as show

STYLE = Path(__file__).with_name("colorlab.mplstyle")

WIDTH = 9.0  # inches at 100 dots an inch: the width at which GitHub shows a notebook
BASELINE = {"color": "0.35", "linestyle": "--", "linewidth": 1.2}


def use_style() -> None:
    """Draw all further figures in the style of the course."""
    plt.style.use(STYLE)


def photographs(rows: dict[str, list[np.ndarray]], titles: list[str] | None = None, size: float = 1.3) -> Figure:
    """Show photographs in rows, each with a name, and columns, each with a title.

    rows : name -> images, (H, W, 3) RGB uint8, or (H, W), shown in grey. size : inches of a photograph, at most.
    """
    columns = max(len(images) for images in rows.values())
    side = min(size, (WIDTH - 1) / columns)
    heights = [side * min(1, max(image.shape[0] / image.shape[1] for image in images)) for images in rows.values()]
    figure, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(side * columns + 0.8, sum(heights) + 0.25 * bool(titles)),
        height_ratios=heights,
        squeeze=False,
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
    """Show feature maps (H, W, C) side by side, each scaled to its own range (dark is low, bright is high)."""
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
    """Draw lines of y over x with a legend, and dashed horizontal baselines with their names at the right.

    lines : name -> (x, y). Further keywords set properties of the axis, such as yscale="log".
    """
    figure, ax = plt.subplots(figsize=(WIDTH * 0.75, 3.4))
    for name, (x, y) in lines.items():
        ax.plot(x, y, label=name, marker="o" if len(x) < 25 else None, markersize=4)
    for name, value in (baselines or {}).items():
        ax.axhline(value, **BASELINE)
        ax.annotate(
            name,
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=BASELINE["color"],
            annotation_clip=False,
        )
    ax.set(xlabel=xlabel, ylabel=ylabel, **axis)
    if len(lines) > 1:
        ax.legend()
    return figure


def ab_plane(ab: np.ndarray, title: str = "", axis=None, lightness: float = 65.0) -> Figure:
    """Show where colours lie in the plane of a and b: contours of their density over the colours of the plane.

    ab : (..., 2) in Lab units. The plane is shown at one lightness, white where it is outside the sRGB gamut.
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
    """Return the colours of one lightness over a and b, (size, size, 3) uint8; white outside the sRGB gamut."""
    a, b = np.meshgrid(np.linspace(-128, 127, size), np.linspace(-128, 127, size))
    lab = np.stack([np.full_like(a, lightness), a, b], axis=-1)
    rgb = color.lab_to_rgb(lab)
    shown = np.abs(color.rgb_to_lab(rgb) - lab).max(axis=-1) < 0.5  # unchanged by clipping: inside the gamut
    return color.to_uint8(np.where(shown[..., None], rgb, 1.0))


def bars(series: dict[str, dict[str, float]], xlabel: str, decimals: int = 1, axis=None) -> Figure:
    """Draw horizontal bars from top to bottom, with their values at their ends.

    series : name -> {label: value}, all with the same labels. Several lie side by side, with a legend below.
    """
    labels = list(next(iter(series.values())))
    if axis is None:
        _, axis = plt.subplots(figsize=(WIDTH * 0.75, 0.7 + 0.22 * len(labels) * (len(series) + 0.4)))
    height = 0.75 / len(series)
    for number, (name, values) in enumerate(series.items()):
        places = np.arange(len(labels)) + (number - (len(series) - 1) / 2) * height
        drawn = axis.barh(places, [values[label] for label in labels], height=height * 0.92, label=name)
        axis.bar_label(drawn, fmt=f"{{:,.{decimals}f}}", padding=3, fontsize=8)
    axis.set(xlabel=xlabel, ylim=(len(labels) - 0.5, -0.5))
    axis.set_yticks(range(len(labels)), labels)
    axis.grid(False, axis="y")
    axis.margins(x=0.15)
    if len(series) > 1:
        axis.figure.legend(loc="outside lower center", ncols=len(series))
    return axis.figure


def scenes(points: np.ndarray, labels: np.ndarray, classes, axis=None) -> Figure:
    """Draw photographs as points (N, 2) with a colour and a marker for their scene: the seven commonest at most."""
    figure, axis = (axis.figure, axis) if axis is not None else plt.subplots(figsize=(5, 4.5))
    counts = np.bincount(labels, minlength=len(classes))
    commonest = np.sort(np.argsort(-counts, kind="stable")[:7])
    for number, (scene, marker) in enumerate(zip(commonest, "os^Dv*X", strict=False)):
        mine = points[labels == scene]
        size = 90 if marker == "*" else 34
        look = {"s": size, "color": f"C{number}", "edgecolor": "white", "linewidth": 0.5}
        axis.scatter(*mine.T, marker=marker, label=classes[scene], **look)
    return figure


def chroma_losses(history: list[dict], baselines: dict[str, dict[str, float]]) -> Figure:
    """Draw the chroma loss of a run over the epochs, for training and validation, each with its own baselines.

    history : of the run. baselines : {"training": {name: loss per image}, "validation": …}. The axis on the right is
    in the write-up's unit, the sum over 100 images.
    """
    epochs = [row["epoch"] for row in history]
    columns = {"training": "chroma_loss", "validation": "val_chroma_loss"}
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.4), sharey=True)
    for (name, column), axis in zip(columns.items(), axes, strict=True):
        axis.plot(epochs, [row[column] for row in history], marker="o" if len(epochs) < 25 else None, markersize=4)
        for (baseline, value), style in zip(baselines[name].items(), ("--", ":", "-."), strict=False):
            axis.axhline(value, **BASELINE | {"linestyle": style}, label=f"{baseline} ({value:.1f})")
        axis.set(title=name, xlabel="epoch")
        axis.set_xlim(min(epochs) - 0.4, max(epochs) + 0.4)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(loc="upper right")
    axes[0].set_ylabel("chroma loss per image")
    axes[0].set_ylim(0, 1.25 * max(axis.dataLim.y1 for axis in axes))
    right = axes[1].secondary_yaxis("right", functions=(lambda y: WRITE_UP_BATCH * y, lambda y: y / WRITE_UP_BATCH))
    right.set_ylabel("the write-up's unit (sum of 100)")
    return figure


def strips(photographs: dict[str, list[np.ndarray]], columns: int = 2, pixels: int = 140, sort: bool = True) -> Figure:
    """Show photographs of any shape, each as a strip: its versions side by side, under its title.

    photographs : title -> versions of one photograph, (H, W, 3) uint8, all of one shape. columns : strips in a row.
    pixels : the height at which a version is shown, or less where the strip would be too wide.
    sort : show wide photographs first. Without it they stay in their order.
    """
    if sort:
        photographs = dict(sorted(photographs.items(), key=lambda item: item[1][0].shape[0] / item[1][0].shape[1]))
    images = [_strip(versions, pixels) for versions in photographs.values()]
    width = WIDTH / columns
    lines = [images[i : i + columns] for i in range(0, len(images), columns)]
    titles = [textwrap.fill(title, int(width * 13)) for title in photographs]
    heights = [max(width * image.shape[0] / image.shape[1] for image in line) for line in lines]
    heights = [min(height, 1.4 * pixels / 100) + 0.35 for height in heights]
    figure, axes = plt.subplots(
        len(lines), columns, figsize=(WIDTH, sum(heights)), squeeze=False, height_ratios=heights
    )
    for axis in axes.flat:
        _bare(axis)
    for image, title, axis in zip(images, titles, axes.flat, strict=False):
        axis.imshow(image, interpolation="antialiased")
        axis.set_anchor("N")
        axis.set_title(title, fontsize=8, fontweight="normal")
    return figure


def _strip(versions, height):
    """Join versions of a photograph side by side, `height` pixels high, with a white gap between them."""
    width = round(versions[0].shape[1] * height / versions[0].shape[0])
    small = [np.asarray(Image.fromarray(image).resize((width, height), reducing_gap=3.0)) for image in versions]
    gap = np.full((height, 4, 3), 255, dtype="uint8")
    return np.hstack([part for image in small for part in (image, gap)][:-1])


def confusion(matrix: np.ndarray, classes) -> Figure:
    """Show how often each true scene (row) was taken for each scene (column): counts (scenes, scenes)."""
    figure, axis = plt.subplots(figsize=(5.2, 4.4))
    image = axis.imshow(matrix, cmap="Blues", vmin=0)
    axis.grid(False)
    axis.set(xlabel="what the network said", ylabel="what it is")
    if len(classes) <= 12:
        axis.set_xticks(range(len(classes)), classes, rotation=40, ha="right", rotation_mode="anchor")
        axis.set_yticks(range(len(classes)), classes)
        for (line, column), count in np.ndenumerate(matrix):
            if count:
                ink = "white" if count > matrix.max() / 2 else "black"
                axis.text(column, line, count, ha="center", va="center", color=ink)
    else:
        figure.colorbar(image, label="photographs")
    return figure


def _bare(axis):
    """Remove ticks, grid and frame from axes that hold a photograph."""
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)
