"""Colours from strokes: what a harmonic answer must be, where colours must stop, and which scribbles are refused."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.painting.network import load
from colorlab.painting.paint import solved_size
from colorlab.painting.scribbles import graph_laplacian, nested_dissection, propagate, scribble, strokes_of

RED, BLUE = np.array([60.0, 40.0]), np.array([20.0, -70.0])  # a and b
PHOTO = Image.open(DATA / "gallery" / "china.jpg")
LIGHTNESS = color.rgb_to_lab(np.asarray(PHOTO.resize((96, 64))))[..., 0]


def strokes(shape, *placed):
    """Strokes and where they are: each (rows, columns) and its colour."""
    ab, marked = np.full((*shape, 2), np.nan), np.zeros(shape, dtype=bool)
    for place, its_color in placed:
        ab[place], marked[place] = its_color, True
    return ab, marked


def layer(size, *lines, width=3):
    """Scribbles: a transparent image with lines, each (points, colour)."""
    image = Image.new("RGBA", size)
    for points, fill in lines:
        ImageDraw.Draw(image).line(points, fill, width)
    return image


TWO = [((slice(5, 8), slice(10, 30)), RED), ((slice(50, 53), slice(60, 90)), BLUE)]


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (5, 41), (41, 5)])
def test_between_two_strokes_a_strip_of_one_lightness_is_a_straight_line(shape):
    ab, marked = strokes(
        shape, *[((slice(None), end) if shape[1] > 5 else (end,), c) for end, c in ((0, RED), (-1, BLUE))]
    )
    part = np.linspace(0, 1, max(shape))[:, None]
    line = RED + part * (BLUE - RED)
    found = propagate(np.full(shape, 50.0), ab, marked)
    np.testing.assert_allclose(
        found, np.broadcast_to(line[None] if shape[1] > 5 else line[:, None], found.shape), atol=1e-4
    )


def test_where_all_strokes_agree_all_is_of_their_color():
    ab, marked = strokes(LIGHTNESS.shape, *[(place, RED) for place, _ in TWO])
    np.testing.assert_allclose(propagate(LIGHTNESS, ab, marked), np.broadcast_to(RED, ab.shape), atol=1e-4)


def test_every_other_pixel_has_the_weighted_mean_of_its_neighbours():
    """(I - W) U = 0 off the strokes, W from the Laplacian; and W is what the paper says but for the two variances."""
    ab, marked = strokes(LIGHTNESS.shape, *TWO)
    found = propagate(LIGHTNESS, ab, marked).reshape(-1, 2)
    laplacian = graph_laplacian(LIGHTNESS)
    residual = (laplacian @ found) / laplacian.diagonal()[:, None]
    assert np.abs(residual[~marked.ravel()]).max() < 1e-3 < np.abs(residual[marked.ravel()]).max()
    assert abs(laplacian - laplacian.T).max() == 0 and np.abs(laplacian.sum(axis=1)).max() < 1e-12
    assert np.diff(laplacian.indptr).max() == 9


@pytest.mark.parametrize("seed", range(4))
def test_strokes_stay_and_no_color_is_beyond_them(seed):
    random = np.random.default_rng(seed)
    lightness = random.choice([0.0, 3.0, 50.0, 100.0], LIGHTNESS.shape) if seed % 2 else LIGHTNESS
    marked = random.random(lightness.shape) < 0.01
    ab = random.uniform(-80, 80, (*lightness.shape, 2)).astype("float32")
    found = propagate(lightness, ab, marked)
    np.testing.assert_array_equal(found[marked], ab[marked])
    assert (found >= ab[marked].min(axis=0)).all() and (found <= ab[marked].max(axis=0)).all()
    assert found[~marked].std() > 5


def test_colors_stop_where_the_lightness_steps():
    lightness = np.full((64, 96), 25.0)
    lightness[:, 48:] = 75
    ab, marked = strokes(lightness.shape, *TWO)
    found = propagate(lightness, ab, marked)
    assert np.abs(found[:, :48] - RED).max() < 1 and np.abs(found[:, 48:] - BLUE).max() < 1
    flat = propagate(np.full_like(lightness, 50), ab, marked)
    assert np.abs(flat[:, 46] - RED).max() > 20


def test_what_has_no_stroke_gets_what_reaches_it():
    """A disc behind a step, between red and blue: of one colour, and between theirs."""
    lightness = np.full((64, 96), 30.0)
    lightness[np.hypot(*(np.indices(lightness.shape) - [[[32]], [[48]]])) < 10] = 80
    ab, marked = strokes(lightness.shape, ((slice(None), 0), RED), ((slice(None), -1), BLUE))
    disc = propagate(lightness, ab, marked)[lightness == 80]
    np.testing.assert_allclose(disc.mean(axis=0), (RED + BLUE) / 2, atol=2)
    assert disc.std(axis=0).max() < 3


def test_hints_pull_softly_and_the_further_from_a_stroke_the_more():
    ab, marked = strokes((1, 400), ((0, 0), RED))
    hints = np.broadcast_to(BLUE, ab.shape)
    found = propagate(np.full((1, 400), 50.0), ab, marked, hints, trust=0.5 / 40**2)  # of two neighbours: 1/2, not 3/8
    left = (found[0, :, 0] - BLUE[0]) / (RED - BLUE)[0]
    np.testing.assert_allclose(left[:200], np.exp(-np.arange(200) / 40), atol=0.01)
    without = propagate(LIGHTNESS, *strokes(LIGHTNESS.shape, *TWO))
    hints = np.zeros_like(without)
    np.testing.assert_array_equal(propagate(LIGHTNESS, *strokes(LIGHTNESS.shape, *TWO), hints, trust=0), without)
    trusted = propagate(LIGHTNESS, *strokes(LIGHTNESS.shape, *TWO), hints, trust=1e6)
    ab, marked = strokes(LIGHTNESS.shape, *TWO)
    np.testing.assert_array_equal(trusted[marked], ab[marked].astype("float32"))
    assert np.abs(trusted[~marked]).max() < 0.01


@pytest.mark.parametrize("turned", [np.flipud, np.fliplr, lambda image: np.swapaxes(image, 0, 1)])
def test_a_turned_photograph_gets_turned_colors(turned):
    ab, marked = strokes(LIGHTNESS.shape, *TWO)
    found = propagate(turned(LIGHTNESS), turned(ab), turned(marked))
    np.testing.assert_allclose(found, turned(propagate(LIGHTNESS, ab, marked)), atol=1e-3)


def test_the_order_of_elimination_holds_every_pixel_once():
    for shape in ((1, 1), (1, 50), (37, 50)):
        np.testing.assert_array_equal(np.sort(nested_dissection(shape)), np.arange(np.prod(shape)))


SQUARE, NOWHERE, SOMEWHERE = (4, 4), np.zeros((4, 4), bool), np.eye(4, dtype=bool)
AB = np.zeros((4, 4, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((4, 4)), AB, NOWHERE), "no stroke"),
        ((np.zeros((4, 5)), AB, SOMEWHERE), "do not agree"),
        ((np.zeros((4, 4)), AB, SOMEWHERE, AB[:2]), "hints"),
        ((np.zeros((4, 4)), AB, SOMEWHERE, AB, -1.0), "trust"),
        ((np.zeros((4, 4)), AB, SOMEWHERE, AB, np.nan), "trust"),
    ],
)
def test_what_cannot_be_propagated_is_refused(arguments, message):
    with pytest.raises(BadInput, match=message):
        propagate(*arguments)


# ---- photographs


@pytest.mark.parametrize("size", [(600, 400), (200, 100), (7, 300)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_photograph_keeps_its_size_transparency_and_lightness(size, mode, monkeypatch):
    monkeypatch.setattr("colorlab.painting.paint.PIXELS", 20_000)  # quick, and the largest is solved smaller
    photograph = PHOTO.convert(mode).resize(size)
    if mode == "RGBA":
        photograph.putalpha(Image.linear_gradient("L").resize(size))
    before = np.asarray(photograph).copy()
    drawn = layer(size, ([(0, 5), (size[0], 5)], "#a05028"), ([(0, size[1] - 9), (size[0], size[1] - 9)], "#3c6450"))
    found = scribble(photograph, drawn)
    assert found.size == size and found.mode == ("RGBA" if mode == "RGBA" else "RGB")
    np.testing.assert_array_equal(np.asarray(photograph), before)
    rgb = np.asarray(found.convert("RGB"))
    inside = (rgb.min(axis=-1) > 0) & (rgb.max(axis=-1) < 255)
    change = color.rgb_to_lab(rgb)[..., 0] - color.rgb_to_lab(np.asarray(photograph.convert("RGB")))[..., 0]
    assert np.abs(change[inside]).max() < 1 and np.abs(change[inside]).mean() < 0.2  # rounding to 8 bits
    assert mode != "RGBA" or found.getchannel("A").tobytes() == photograph.getchannel("A").tobytes()


def test_thin_strokes_on_a_large_photograph_are_not_lost():
    size = (3000, 2000)
    ab, marked = strokes_of(layer(size, ([(100, 1001), (2900, 1001)], "#a05028"), width=1), size, solved_size(size))
    assert marked.shape == ab.shape[:2] == solved_size(size)[::-1] and marked.size <= 250_000
    assert marked.sum(axis=0).max() == 1 and marked.sum() > 0.9 * marked.shape[1]
    expected = color.rgb_to_lab(np.array([0xA0, 0x50, 0x28], dtype="uint8"))[1:]
    np.testing.assert_allclose(ab[marked], np.broadcast_to(expected, ab[marked].shape), atol=1e-3)


def test_scribbles_of_the_same_proportions_are_enlarged():
    small = layer((128, 85), ([(10, 10), (60, 10)], "red"))
    ab, marked = strokes_of(small, PHOTO.size)
    assert PHOTO.size == (512, 342) and 0.9 < marked.mean() / (np.asarray(small)[..., 3] > 0).mean() < 1.1


@pytest.mark.parametrize(
    ("scribbles", "message"),
    [
        (layer(PHOTO.size), "the scribbles hold no stroke"),
        (PHOTO, "opaque everywhere"),
        (layer((342, 512), ([(0, 0), (300, 300)], "red")), "342x512 pixels, the photograph 512x342"),
        (layer(PHOTO.size, ([(0, 0), (300, 300)], (255, 0, 0, 127))), "the scribbles hold no stroke"),
    ],
)
def test_scribbles_that_cannot_be_used_are_refused(scribbles, message):
    with pytest.raises(BadInput, match=message):
        scribble(PHOTO, scribbles)


class Blue:
    """A network to which everything is blue."""

    def chroma(self, photographs):
        return [np.broadcast_to((BLUE + 128) / 255, (64, 64, 2)).astype("float32") for _ in photographs]


def test_far_from_the_strokes_the_network_colors(tiny_run):
    grey = Image.new("L", (300, 200), 120)
    drawn = layer(grey.size, ([(0, 100), (4, 100)], "#a05028"))
    lab = color.rgb_to_lab(np.asarray(scribble(grey, drawn, Blue(), trust=0.01)))
    np.testing.assert_allclose(lab[:, 200:, 1:], np.broadcast_to(BLUE, lab[:, 200:, 1:].shape), atol=4)
    assert lab[100, 2, 1] > 25 and lab[100, 2, 2] > 25
    assert scribble(grey, drawn, load(tiny_run.folder)).size == grey.size
