"""Colours as bins: which there are, a colour as its nearest ones, how rare each is, and one colour out of many."""

import numpy as np
import pytest
from scipy.special import softmax

from colorlab import color
from colorlab.base.backend import ops
from colorlab.data import datasets
from colorlab.networks import bins

CENTRES = bins.centres()
GREY = np.flatnonzero((CENTRES == 0).all(axis=-1))[0]
LEVELS = np.append(np.arange(0, 256, 4), 255).astype("uint8")
SCREEN = color.rgb_to_lab(np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS), axis=-1))[..., 1:].reshape(-1, 2)

on_arrays_and_tensors = pytest.mark.parametrize("kind", [np.asarray, ops.convert_to_tensor], ids=["numpy", "keras"])


def some_colors(count=300):
    return np.random.default_rng(0).choice(SCREEN, count)


def encoded(ab):
    """The weights of all bins, (..., 261)."""
    numbers, weights = (np.asarray(part) for part in bins.soft_encoded(ab))
    everywhere = np.zeros((*numbers.shape[:-1], len(CENTRES)))
    np.put_along_axis(everywhere, numbers, weights, axis=-1)
    return everywhere


def surrounded():
    """Which bins have all eight neighbours."""
    steps = [(a, b) for a in (-10, 0, 10) for b in (-10, 0, 10)]
    bins_there = {tuple(centre) for centre in CENTRES}
    return np.array([all((a + da, b + db) in bins_there for da, db in steps) for a, b in CENTRES])


def chroma_of_one_color(rgb, count):
    """A batch of photographs of one colour, encoded: (count, 64, 64, 2)."""
    return color.encode(np.broadcast_to(np.array(rgb, "uint8"), (count, 128, 128, 3)))[1]


def test_the_bins_are_those_that_colors_of_the_screen_fall_in():
    """Of all lightnesses, though only the faces of the RGB cube were asked."""
    np.testing.assert_array_equal(CENTRES, np.unique(np.round(SCREEN / 10) * 10, axis=0))
    assert len(CENTRES) == 261


@on_arrays_and_tensors
def test_a_color_is_its_five_nearest_bins_weighted_by_a_gaussian(kind):
    ab = some_colors()
    distances = np.hypot(*(ab[:, None].astype("float64") - CENTRES).T).T
    gaussian = np.exp(-(distances**2) / (2 * 5**2))
    gaussian[distances > np.sort(distances)[:, 4:5]] = 0
    np.testing.assert_allclose(encoded(kind(ab)), gaussian / gaussian.sum(axis=-1, keepdims=True), atol=1e-4)


@on_arrays_and_tensors
def test_weights_of_whole_photographs_sum_to_1(kind):
    numbers, weights = bins.soft_encoded(kind(some_colors(2 * 6 * 4).reshape(2, 6, 4, 2)))
    assert numbers.shape == weights.shape == (2, 6, 4, 5)
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1, atol=1e-6)


def test_the_middle_of_a_bin_is_mostly_that_bin():
    weights = encoded(CENTRES)
    np.testing.assert_array_equal(weights.argmax(axis=-1), np.arange(261))
    of_itself = weights.diagonal()[surrounded()]  # its neighbours are 2 sigma away
    np.testing.assert_allclose(of_itself, 1 / (1 + 4 * np.exp(-2)), atol=1e-5)


def test_the_mean_of_its_bins_is_the_color_again():
    """Within a Lab unit; where bins end, within half a bin."""
    ab = some_colors(10_000)
    off = np.hypot(*(encoded(ab) @ CENTRES - ab).T)
    amid = surrounded()[encoded(ab).argmax(axis=-1)]
    assert 0.8 < amid.mean() < 1 and off[amid].max() < 1 and off.max() < 5


@on_arrays_and_tensors
def test_bins_are_predicted_at_a_quarter_of_the_photographs_resolution(kind):
    chroma = np.random.default_rng(0).random((2, 64, 64, 2)).astype("float32")
    ab = np.asarray(bins.quartered(kind(chroma)))
    assert ab.shape == (2, 32, 32, 2)
    np.testing.assert_allclose(ab[1, 3, 5], chroma[1, 6:8, 10:12].mean(axis=(0, 1)) * 255 - 128, atol=1e-4)


@pytest.fixture(scope="module")
def of_pocket(pocket):
    return bins.prior(datasets.chroma_of(pocket.split("val"), bins.PRIOR_OF))


def test_most_of_photographs_is_greyish(of_pocket):
    assert of_pocket.shape == (261,) and of_pocket.min() == 0 and of_pocket.sum() == pytest.approx(1)
    assert of_pocket.argmax() == GREY and of_pocket[np.hypot(*CENTRES.T) < 25].sum() > 0.7


def test_the_prior_counts_every_place_of_every_photograph_in_whatever_batches():
    red, blue = (200, 60, 50), (40, 60, 160)
    batches = [chroma_of_one_color(red, 4), np.concatenate([chroma_of_one_color(red, 1), chroma_of_one_color(blue, 3)])]
    ab = color.rgb_to_lab(np.array([red, blue], "uint8"))[:, 1:]
    np.testing.assert_allclose(bins.prior(iter(batches)), np.array([5, 3]) / 8 @ encoded(ab), atol=1e-5)


def test_rarity_is_1_on_average_and_least_for_what_is_most_common(of_pocket):
    rarity = bins.rarity(of_pocket)
    assert rarity @ of_pocket == pytest.approx(1)
    assert rarity.argmin() == GREY and 10 < rarity.max() / rarity.min() < 262


def test_rarity_by_hand(of_pocket):
    """Smoothed with the same Gaussian, of half a bin, that is cut off after two; half of the mixture is uniform."""
    steps = np.abs(CENTRES[:, None] - CENTRES) / 10
    near = np.where(steps <= 2, np.exp(-(steps**2) / (2 * 0.5**2)), 0).prod(axis=-1)
    smooth = near @ of_pocket
    mixed = 0.5 * smooth / smooth.sum() + 0.5 / 261
    np.testing.assert_allclose(bins.rarity(of_pocket), 1 / mixed / np.sum(of_pocket / mixed), rtol=1e-5)


def test_where_all_bins_are_as_common_all_count_the_same_but_at_the_border():
    rarity = bins.rarity(np.full(261, 1 / 261))
    assert np.ptp(rarity[surrounded()]) < 0.01
    assert rarity[~surrounded()].min() > rarity[surrounded()].max() and rarity.max() < 1.2


def test_without_a_prior_in_it_rarity_is_1_for_all(of_pocket, monkeypatch):
    monkeypatch.setattr(bins, "UNIFORM", 1.0)
    np.testing.assert_allclose(bins.rarity(of_pocket), 1)


def some_logits(spread=2.0):
    return np.random.default_rng(1).normal(0, spread, (4, 3, 261)).astype("float32")


def lab_of(chroma):
    return np.asarray(chroma) * 255 - 128


@on_arrays_and_tensors
@pytest.mark.parametrize("temperature", [0.2, bins.TEMPERATURE, 1, 5])
def test_the_annealed_mean_by_hand(kind, temperature):
    probabilities = softmax(some_logits().astype("float64"), axis=-1)
    powers = probabilities ** (1 / temperature)
    expected = powers @ CENTRES / powers.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(lab_of(bins.annealed_mean(kind(some_logits()), temperature)), expected, atol=1e-3)


def test_the_annealed_mean_goes_from_the_most_probable_bin_to_the_mean_of_all():
    logits = some_logits()
    coldest, hottest = (lab_of(bins.annealed_mean(logits, temperature)) for temperature in (1e-3, 1e6))
    np.testing.assert_allclose(coldest, CENTRES[logits.argmax(axis=-1)], atol=1e-3)
    np.testing.assert_allclose(hottest, np.broadcast_to(CENTRES.mean(axis=0), hottest.shape), atol=1e-3)


@on_arrays_and_tensors
def test_only_differences_of_logits_matter_however_large_they_are(kind):
    expected = lab_of(bins.annealed_mean(some_logits()))
    for constant in (-1000, 1000):
        np.testing.assert_allclose(lab_of(bins.annealed_mean(kind(some_logits() + constant))), expected, atol=0.05)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(bins.annealed_mean(kind(some_logits(1000)))).all()


def test_red_or_green_is_the_duller_the_higher_the_temperature():
    red, green = (np.flatnonzero((CENTRES == ab).all(axis=-1))[0] for ab in ([60, 40], [-60, 40]))
    logits = np.zeros(261, "float32")
    logits[red], logits[green] = 8, 7
    colors = [lab_of(bins.annealed_mean(logits, temperature)) for temperature in (0.05, 0.38, 0.7, 1, 3)]
    assert (np.diff(np.hypot(*np.transpose(colors))) < -1).all()
    np.testing.assert_allclose(colors[0], [60, 40], atol=0.1)


@on_arrays_and_tensors
def test_probabilities_of_a_colors_own_bins_give_the_color(kind):
    near_grey = some_colors() * np.float32(0.3)
    logits = np.log(encoded(near_grey) + 1e-12).astype("float32")
    assert np.abs(lab_of(bins.annealed_mean(kind(logits), 1)) - near_grey).max() < 1
