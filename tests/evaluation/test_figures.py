"""Figures: right size, nothing cut off, the colours they claim to show."""

import io
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import skimage.color
from PIL import Image

from colorlab import color
from colorlab.evaluation import figures

LINES = {"train": ([1, 2], [3, 2]), "validation": ([1, 2], [4, 3])}
FIGURES = {
    "photographs": lambda images: figures.photographs(
        {"red": list(images[..., 0]), "truth": list(images)}, list("abcdefgh")
    ),
    "feature_maps": lambda images: figures.feature_maps(np.moveaxis(images[..., 0], 0, -1)),
    "curves": lambda images: figures.curves(LINES, "epoch", "loss", {"mean colour": 3.5}),
    "bars": lambda images: figures.bars(
        {"ours": {"low_level": 1.5, "fusion": 30}, "theirs": dict.fromkeys(("low_level", "fusion"), 2)}, "loss"
    ),
    "scenes": lambda images: figures.scenes(images[:, 0, 0, :2].astype(float), np.arange(8), list("abcdefgh")),
    "confusion": lambda images: figures.confusion(np.eye(7, dtype=int), ["a long name"] * 7),
    "chroma_losses": lambda images: figures.chroma_losses(
        [{"epoch": n, "chroma_loss": 30 / n, "val_chroma_loss": 25} for n in (1, 2, 3)],
        {"training": {"grey": 38.1, "mean colour": 36.9}, "validation": {"grey": 20.2}},
    ),
    "strips": lambda images: figures.strips({"a long title " * 8: list(images[:3]), "wide": list(images[:2, :60])}),
    "ab_plane": lambda images: figures.ab_plane(color.rgb_to_lab(images)[..., 1:], "pocket"),
}


@pytest.fixture(autouse=True)
def style():
    with plt.style.context(figures.STYLE):
        yield
    plt.close("all")


def test_the_style_is_set_when_it_is_asked_for_and_not_on_import():
    program = """
import matplotlib.pyplot
usual = dict(matplotlib.rcParams)
from colorlab.evaluation import figures
assert dict(matplotlib.rcParams) == usual
figures.use_style()
assert matplotlib.rcParams["savefig.bbox"] == "tight" != usual["savefig.bbox"]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_at_most_as_wide_as_a_page_and_nothing_is_cut(pocket, name):
    figure = FIGURES[name](pocket.images[:8])
    image = np.asarray(Image.open(_png(figure)).convert("L"))
    assert image.shape[1] <= 960
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert border.min() == 255  # ink that touches the edge has been cut off


def _png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer)
    return buffer


def test_a_slice_of_the_gamut_shows_the_colors_of_its_lightness():
    image = figures.gamut_slice(60.0)
    white = (image == 255).all(axis=-1)
    assert 0.1 < np.mean(~white) < 0.5 and not white[128, 128]
    lab = skimage.color.rgb2lab(image)[~white]
    assert np.abs(lab[:, 0] - 60).max() < 1
    a = np.broadcast_to(np.linspace(-128, 127, 256), white.shape)[~white]
    assert np.abs(lab[:, 1] - a).max() < 2


def test_baselines_are_drawn_where_they_are():
    figure = figures.curves({"loss": ([1, 2], [30, 20])}, "epoch", "loss", {"grey": 26.4})
    assert [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_linestyle() == "--"] == [26.4]
