"""Colour by segments: how many there are, and that no colour leaves its own."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import label

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.painting.segments import METHODS, dealt, paint, palette_of, segment, tint

PHOTO = Image.open(DATA / "gallery" / "coffee.jpg")
LIGHTNESS = color.rgb_to_lab(np.asarray(PHOTO.resize((150, 100))))[..., 0]
PALETTE = "#203050,#705030,#e0d0a0"


@pytest.mark.parametrize("segments", [1, 2, 3, 5, 40])
@pytest.mark.parametrize("method", METHODS)
def test_as_many_segments_as_asked_for_numbered_from_dark_to_light(method, segments):
    if method == "otsu" and segments == 40:
        pytest.skip("refused, see below")
    labels = segment(LIGHTNESS, segments, method)
    assert labels.shape == LIGHTNESS.shape and np.issubdtype(labels.dtype, np.integer)
    np.testing.assert_array_equal(np.unique(labels), np.arange(segments))
    means = [LIGHTNESS[labels == k].mean() for k in range(segments)]
    assert means == sorted(means)
    np.testing.assert_array_equal(labels, segment(LIGHTNESS, segments, method))  # no chance in it


@pytest.mark.parametrize("method", METHODS)
def test_no_more_segments_than_the_photograph_can_tell_apart(method):
    assert segment(np.full((30, 40), 50.0), 4, method).max() == 0
    halves = np.repeat([[20.0, 80.0]], 40, axis=0).repeat(20, axis=1)
    np.testing.assert_array_equal(segment(halves, 5 if method == "otsu" else 2, method), halves > 50)


def test_thresholds_see_lightness_alone_and_superpixels_hang_together():
    labels = segment(LIGHTNESS, 4, "otsu")
    assert all(LIGHTNESS[labels == k].max() <= LIGHTNESS[labels == k + 1].min() for k in range(3))
    labels = segment(LIGHTNESS, 12, "slic")
    assert all(label(labels == k)[1] == 1 for k in range(12))


@pytest.mark.parametrize("method", METHODS)
def test_no_color_leaves_its_segment(method):
    """Between 20 and 80 L these colours are in the gamut: what is painted has the very a and b it was given."""
    lightness = 40 + LIGHTNESS * 0.3
    labels = segment(lightness, 5, method)
    colors = np.array([[-12, 8], [-6, 4], [0, 0], [6, -4], [12, -8]])
    lab = color.rgb_to_lab(paint(lightness, labels, colors))
    np.testing.assert_allclose(lab[..., 0], lightness, atol=0.6)
    nearest = np.linalg.norm(lab[..., None, 1:] - colors, axis=-1).argmin(axis=-1)
    np.testing.assert_array_equal(nearest, labels)


def test_a_palette_goes_from_dark_to_light_and_is_dealt_evenly():
    ab = palette_of("#e0d0a0, #203050,#705030")
    np.testing.assert_array_equal(ab, palette_of(PALETTE))
    assert ab[0, 1] < 0 < ab[1, 1]  # the dark one is blue
    np.testing.assert_array_equal(dealt(ab, 3), ab)
    np.testing.assert_array_equal(dealt(ab, 2), ab[[0, 2]])
    np.testing.assert_array_equal(dealt(ab, 1), ab[[1]])
    indices = [int(np.flatnonzero((ab == color).all(axis=1))[0]) for color in dealt(ab, 9)]
    assert indices == sorted(indices) and set(indices) == {0, 1, 2}


@pytest.mark.parametrize("size", [(900, 600), (90, 61), (1, 1)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_photograph_keeps_its_size_transparency_and_lightness(size, mode):
    photograph = PHOTO.convert(mode).resize(size)
    if mode == "RGBA":
        photograph.putalpha(Image.linear_gradient("L").resize(size))
    before = np.asarray(photograph).copy()
    found = tint(photograph, 1 if size == (1, 1) else 6, palette_of(PALETTE))
    assert found.size == size and found.mode == ("RGBA" if mode == "RGBA" else "RGB")
    np.testing.assert_array_equal(np.asarray(photograph), before)
    rgb = np.asarray(found.convert("RGB"))
    inside = (rgb.min(axis=-1) > 0) & (rgb.max(axis=-1) < 255)
    change = color.rgb_to_lab(rgb)[..., 0] - color.rgb_to_lab(np.asarray(photograph.convert("RGB")))[..., 0]
    assert np.abs(change[inside]).max(initial=0) < 0.6
    assert mode != "RGBA" or found.getchannel("A").tobytes() == photograph.getchannel("A").tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: segment(LIGHTNESS, 0), "0 segments"),
        (lambda: segment(LIGHTNESS, -3), "-3 segments"),
        (lambda: segment(LIGHTNESS, 2.5), "2.5 segments"),
        (lambda: segment(LIGHTNESS, True), "True segments"),
        (lambda: segment(LIGHTNESS[:2, :2], 5), "the 4 pixels"),
        (lambda: segment(LIGHTNESS, 7, "otsu"), "too many for otsu"),
        (lambda: segment(LIGHTNESS, 65, "kmeans"), "too many for kmeans: ask for 64"),
        (lambda: segment(LIGHTNESS, 3, "magic"), "no method 'magic'"),
        (lambda: paint(LIGHTNESS, np.full(LIGHTNESS.shape, 2), np.zeros((2, 2))), "do not fit 2 colours"),
        (lambda: palette_of("#203050,mud"), "'mud' in the palette"),
        (lambda: palette_of(""), "'' in the palette"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(BadInput, match=message):
        call()
