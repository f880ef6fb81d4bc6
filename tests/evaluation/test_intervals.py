"""Intervals: they cover what they should, of means and of what is no mean, and pairs are drawn together."""

import numpy as np
import pytest

from colorlab.evaluation import intervals


def kinds(**given):
    """Errors of four photographs and more, of all kinds: those that are not given are 1 everywhere."""
    count = len(next(iter(given.values())))
    names = ("squared_chroma", "squared_rgb", "squared_ab", "ciede2000", "ssim", "ssim_ab", "colourfulness")
    return {name: given.get(name, np.ones(count)) for name in names}


def test_the_interval_of_a_mean_is_that_of_the_textbook():
    values = np.random.default_rng(1).normal(10, 3, 1000)
    low, high = intervals.interval(intervals.resampled(values[:, None])[:, 0])
    error = 1.96 * values.std(ddof=1) / np.sqrt(1000)
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.1 * error)


def test_it_covers_the_truth_as_often_as_it_says():
    numbers, covered = np.random.default_rng(2), 0
    for _ in range(200):
        low, high = intervals.interval(intervals.resampled(numbers.exponential(5, (100, 1)))[:, 0])
        covered += low <= 5 <= high
    assert 0.88 * 200 <= covered <= 0.99 * 200


def test_psnr_comes_from_the_squared_error_of_all_together():
    squared = np.array([10.0, 1000.0] * 50)
    values, spans = intervals.measured({"grey": kinds(squared_rgb=squared)})
    assert values["grey"]["psnr"] == pytest.approx(10 * np.log10(255**2 / 505))
    resampled = 10 * np.log10(255**2 / intervals.resampled(squared[:, None])[:, 0])
    assert spans["grey"]["psnr"] == pytest.approx(intervals.interval(resampled))


def test_methods_are_drawn_together():
    """A method that is better by the same share everywhere is better by that share in every draw."""
    loss = np.random.default_rng(3).exponential(9, 300)
    values, spans = intervals.measured({"grey": kinds(squared_chroma=loss), "model": kinds(squared_chroma=0.7 * loss)})
    assert values["model"]["below_grey"] == pytest.approx(30)
    assert spans["model"]["below_grey"] == pytest.approx([30, 30])
    low, high = spans["model"]["chroma_loss_write_up"]
    assert low < 0.95 * values["model"]["chroma_loss_write_up"] < 1.05 * values["model"]["chroma_loss_write_up"] < high


def test_a_draw_in_which_a_metric_is_undefined_is_left_out():
    loss = np.array([0.0, 0.0, 5.0])  # a draw may hold the two grey photographs alone
    _, spans = intervals.measured({"grey": kinds(squared_chroma=loss), "model": kinds(squared_chroma=loss / 2)})
    assert spans["model"]["below_grey"] == pytest.approx([50, 50])
    _, spans = intervals.measured({"grey": kinds(squared_rgb=np.zeros(3))})
    assert spans["grey"]["psnr"] is None


def test_pairs_count_who_gains_and_who_loses():
    found = intervals.paired(np.array([1.0, 5.0, 3.0, 3.0]), np.array([2.0, 4.0, 5.0, 3.0]))
    assert (found["mean"], found["gain"], found["lose"]) == (0.5, 2, 1)
    low, high = found["interval"]
    assert low < 0.5 < high


def test_a_paired_difference_is_surer_than_its_two_sides():
    numbers = np.random.default_rng(4)
    grey = numbers.exponential(10, 500)
    low, high = intervals.paired(grey - 1 + numbers.normal(0, 0.1, 500), grey)["interval"]
    assert 0.9 < low < 1 < high < 1.1


def test_the_same_photographs_give_the_same_interval():
    values = np.random.default_rng(5).normal(size=(50, 1))
    np.testing.assert_array_equal(intervals.resampled(values), intervals.resampled(values))
