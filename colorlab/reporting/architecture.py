"""Draw the architecture of the model: for the report, and at the top of each notebook with its own part lit."""

from collections.abc import Collection
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from colorlab.evaluation import figures


def architecture(results: Path | None = None, lit: Collection[str] = ()) -> Figure:
    """Draw the six networks of the model. A block is as high as its feature maps and as wide as their number.

    lit : what a notebook is about, keys of DRAWN or ENDS. All else is then pale, and the ends are named.
    """
    from colorlab.networks.colorizer import colorizer  # imports Keras, which no other figure of the report needs

    model = colorizer()
    figure, axis = plt.subplots(figsize=(9.0 if lit else 7.0, 2.9))
    colors = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    ends = {}
    for (network, (before, middle)), color in zip(DRAWN.items(), colors, strict=False):
        left = start = ends[before] + 0.35 if before else 0.0
        if before and network != "classification":
            arrow = {"arrowstyle": "->", "color": "0.4", "linewidth": 0.8}
            axis.annotate("", (start - 0.03, middle), (ends[before] - 0.1, DRAWN[before][1]), arrowprops=arrow)
        shapes = [layer.output.shape[1:] for layer in model.layers if _is_drawn(layer, network)]
        for shape in shapes:
            height, width = _height(shape), 0.1 + shape[-1] / 900
            corner = left, middle - height / 2
            alpha = 0.8 if network in lit or not lit else 0.2
            axis.add_patch(Rectangle(corner, width, height, color=color, alpha=alpha, linewidth=0))
            said = f"{shape[0]}\n{shape[-1]}" if len(shape) == 3 else str(shape[-1])
            axis.text(left + width / 2, middle + height / 2 + 0.03, said, ha="center", va="bottom", fontsize=6)
            left += width + 0.12
        ends[network] = left
        below = middle - max(map(_height, shapes)) / 2 - 0.05
        axis.text((start + left - 0.12) / 2, below, network.replace("_", " "), ha="center", va="top", fontsize=7)
    arrow = {"arrowstyle": "->", "color": "0.4", "linewidth": 0.8}
    # From the last global features to the fusion, and from the global features before them to the classification.
    axis.annotate("", (ends["mid_level"] + 0.5, 0.26), (ends["global_features"] - 0.25, -0.75), arrowprops=arrow)
    from_below = arrow | {"connectionstyle": "arc3,rad=0.25"}
    axis.annotate(
        "", (ends["global_features"] + 0.4, -1.1), (ends["global_features"] - 0.65, -1.1), arrowprops=from_below
    )
    axis.set(xlim=(-0.1, max(ends.values())), ylim=(-1.4, 1.5))
    axis.axis("off")
    if lit:
        _name_the_ends(axis, ends, lit)
    return figure


def show(lit: Collection[str]) -> None:
    """Show the drawing in a notebook. lit : what the notebook is about, keys of DRAWN or ENDS."""
    everything = set(lit) >= {*DRAWN, *ENDS}
    named = "all of it" if everything else ", ".join(part.replace("_", " ") for part in lit)
    alt = (
        "The six networks of the model as rows of blocks. Lightness enters the low level. From there one row leads "
        "over mid level, fusion and colorization to chroma, and another over the global features to the classification "
        f"and the scene. The global features also lead to the fusion. Lit here: {named}."
    )
    caption = (
        "Above each layer: the width of its maps, and the number of maps. A dense layer has only a number of units."
    )
    figures.show(architecture(lit=lit), alt, caption)


def _name_the_ends(axis, ends, lit):
    """Write what goes into the model, and what comes out of it. What is lit is bold."""
    for name, network in ENDS.items():
        look = {"fontweight": "bold"} if name in lit else {"color": "0.6"}
        if network is None:
            axis.text(-0.1, 0, f"{name} →", ha="right", va="center", **look)
        else:
            axis.text(ends[network], DRAWN[network][1], f"→ {name}", va="center", **look)
    axis.set_xlim(-1.1, max(ends.values()) + 0.8)


# network -> (the network before it, the height at which it is drawn)
DRAWN = {
    "low_level": (None, 0.0),
    "mid_level": ("low_level", 0.7),
    "global_features": ("low_level", -1.0),
    "fusion": ("mid_level", 0.7),
    "colorization": ("fusion", 0.7),
    "classification": ("global_features", -1.0),
}

# what goes in or comes out -> the network that it comes out of
ENDS = {"lightness": None, "chroma": "colorization", "scene": "classification"}


def _is_drawn(layer, network):
    return layer.name.startswith(network) and type(layer).__name__ in ("Conv2D", "Dense", "Fusion", "UpSampling2D")


def _height(shape):
    return 0.02 + (shape[0] if len(shape) == 3 else 8) / 90
