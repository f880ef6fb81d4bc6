"""Overflowed pictures: made here from known colours, so that what is recovered can be held against them."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from colorlab import color
from colorlab.base.paths import DATA
from colorlab.data.packing import decode
from colorlab.evaluation import overflow

DOWN, ACROSS = np.mgrid[0:64, 0:64] / 63
SMOOTH = np.stack([3 * np.sin(3 * ACROSS), 10 * DOWN - 35 - 25 * np.sin(np.pi * ACROSS) * np.sin(np.pi * DOWN)], -1)
FIELDS = {"smooth": SMOOTH, "another cold colour": np.full((64, 64, 2), (-10.0, -50.0))}


def photograph(name):
    return decode((DATA / "gallery" / f"{name}.jpg").read_bytes(), 128)


CHINA = photograph("china")


def unclipped(field):
    """A photograph with a and b of a field (64, 64, 2), enlarged by repetition: sRGB that leaves [0, 1]."""
    lab = color.rgb_to_lab(CHINA)
    lab[..., 1:] = field.repeat(2, axis=0).repeat(2, axis=1)
    return color.unclipped_rgb(lab)


def share(picture, turns=overflow.TURNS):
    return overflow.recover(picture, turns).explained.mean()


@pytest.fixture(scope="module")
def pictures():
    return {name: overflow.overflowed(unclipped(field)) for name, field in FIELDS.items()}


@pytest.fixture(scope="module")
def recovered(pictures):
    return {name: overflow.recover(picture) for name, picture in pictures.items()}


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_a_number_beyond_a_byte_comes_round_again(kind):
    levels = np.array([306.5, 256.5, -26.5, -1.5, -0.5, 0, 0.9, 127.9, 255.4], kind)
    assert overflow.overflowed(levels / 255).tolist() == [50, 0, 230, 255, 0, 0, 0, 127, 255]


def test_only_colors_outside_the_gamut_overflow():
    rgb = unclipped(SMOOTH)
    inside = ((rgb >= 0) & (rgb <= 1)).all(axis=-1)
    differs = (overflow.overflowed(rgb) != np.floor(255 * np.clip(rgb, 0, 1))).any(axis=-1)
    assert 0.1 < inside.mean() < 0.5
    assert not differs[inside].any() and differs[~inside].mean() > 0.95  # -0.9 of a level is cut to 0


@pytest.mark.parametrize("name", FIELDS)
def test_turns_and_colors_are_recovered(recovered, name):
    found = recovered[name]
    assert found.explained.mean() > 0.99
    assert np.percentile(np.linalg.norm(found.answer - FIELDS[name], axis=-1), 99) < 1  # Lab units; NaN fails, too
    turns = {tuple(one) for one in found.turns[found.explained].tolist()}
    assert {(-1, 0, 0), (0, 0, 1)} < turns
    assert (0, 0, 0) in turns or name != "smooth"  # nothing as cold as the other is in the gamut


def test_the_turns_are_those_that_were_lost(pictures, recovered):
    found = recovered["smooth"]
    levels = np.trunc(255 * unclipped(SMOOTH))
    assert (pictures["smooth"] + 256 * found.turns == levels).all(axis=-1).mean() > 0.99
    undone = color.rgb_to_lab((pictures["smooth"] + 256.0 * found.turns) / 255)
    np.testing.assert_allclose(found.lab, undone, atol=1e-3)


@pytest.mark.parametrize("name", FIELDS)
def test_without_turns_far_less_is_explained(pictures, name):
    assert share(pictures[name], overflow.NO_TURNS) < 0.7


def test_with_channels_exchanged_far_less_is_explained(pictures):
    part = pictures["smooth"][40:104, :64]  # a quarter, which is quick
    assert share(part) > 0.99
    assert max(share(np.roll(part, by, axis=-1)) for by in (1, 2)) < 0.6


def test_ordinary_photographs_gain_little_from_turns():
    for name, most in (("snake", 0.02), ("citrus_fruits", 0.12)):  # citrus fruits gain most of those that ship
        ordinary = photograph(name)
        assert share(ordinary) - share(ordinary, overflow.NO_TURNS) < most


def test_neighbours_of_different_turns_agree_only_if_a_turn_is_256(pictures, recovered):
    steps = {
        turn: overflow.steps_across_turns(pictures["smooth"], recovered["smooth"], turn) for turn in range(253, 260)
    }
    assert min(steps, key=steps.get) == 256 and steps[256] < 0.4
    assert min(steps[255], steps[257]) > 1.1 * steps[256] and min(steps[253], steps[259]) > 1.7 * steps[256]


def test_the_answer_is_the_mean_over_explained_pixels_and_unknown_without_any():
    lab = np.arange(48, dtype="float32").reshape(4, 4, 3)
    distance = np.zeros((4, 4))
    distance[:2, :2] = overflow.NEAR  # a whole square
    distance[0, 2] = overflow.NEAR  # one pixel of the next
    answer = overflow.Recovered(lab, np.zeros((4, 4, 3), int), lab[..., 1:], distance).answer
    assert np.isnan(answer).any(axis=-1).tolist() == [[True, False], [False, False]]
    np.testing.assert_allclose(answer[0, 1], lab[[0, 1, 1], [3, 2, 3], 1:].mean(axis=0))
    np.testing.assert_allclose(answer[1, 1], lab[2:, 2:, 1:].mean(axis=(0, 1)))


def test_repeated_columns_show_and_from_where():
    image = np.random.default_rng(0).random((16, 16, 2)).repeat(2, axis=1)
    image[3, :4] = np.nan  # unknown
    inside, between = overflow.steps_between_columns(image)[::2], overflow.steps_between_columns(image)[1::2]
    assert inside == [0, 0] and min(between) > 0.3
    assert overflow.steps_between_columns(image[:, 1:])[1::2] == [0, 0]


def test_recovered_colors_were_enlarged_and_lightness_was_not(recovered):
    lab = recovered["smooth"].lab
    inside, between = np.reshape(overflow.steps_between_columns(lab[..., 1:]), (2, 2)).T
    assert inside.max() < between.min() / 2
    steps = overflow.steps_between_columns(lab[..., :1])
    assert max(steps) < 1.3 * min(steps)


def test_what_is_nearly_grey_follows_nothing():
    lightness = color.rgb_to_lab(CHINA)[..., 0]
    for answer in (np.full((64, 64, 2), -0.5), np.full((64, 64, 2), [2.0, -2.0])):
        assert np.isnan(overflow.response_to_lightness(answer, lightness).explained)


@pytest.fixture
def homogeneous():
    """a and b that grow with the distance from middle grey, before the sigmoid, and the lightness that they follow."""
    lightness = color.rgb_to_lab(CHINA)[..., 0]
    light, dark = (color.halved(gaussian_filter(np.maximum(s * (lightness - 50), 0), 8)[..., None]) for s in (1, -1))
    logits = (0.02 * light + 0.05 * dark) * [0.6, -0.8]
    return color.ab_of(1 / (1 + np.exp(-logits))), lightness


def test_both_slopes_of_an_answer_that_follows_lightness_are_found(homogeneous):
    response = overflow.response_to_lightness(*homogeneous)
    assert response.explained > 0.999
    np.testing.assert_allclose([response.bright, response.dark], [0.02, 0.05], rtol=1e-3)


def test_lightness_does_not_explain_an_unrelated_answer(homogeneous, recovered):
    _, lightness = homogeneous
    noise = np.random.default_rng(0).normal([0, -40], 10, (64, 64, 2))
    for answer in (recovered["smooth"].answer, noise, homogeneous[0][::-1, ::-1]):
        assert overflow.response_to_lightness(answer, lightness).explained < 0


def test_the_response_counts_neither_the_border_nor_what_is_unknown(homogeneous):
    answer, lightness = homogeneous
    answer[:10], answer[:, -10:] = 100, -100
    answer[20:40, 30:35] = np.nan
    assert overflow.response_to_lightness(answer, lightness).explained > 0.999
    answer[50, 30:34] = -128, 127  # the ends of the sigmoid
    assert np.isfinite(overflow.response_to_lightness(answer, lightness).explained)
