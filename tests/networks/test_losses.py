"""Every loss against its formula."""

import math

import numpy as np
import pytest
from scipy.special import log_softmax

from colorlab import color
from colorlab.data import datasets
from colorlab.networks import bins, losses

RARITY = np.random.default_rng(3).uniform(0.2, 6, 261)


def test_frobenius_is_a_sum_over_an_image_and_a_mean_over_the_batch():
    random = np.random.default_rng(0)
    true, predicted = random.random((2, 5, 64, 64, 2)).astype("float32")
    expected = np.mean([np.linalg.norm(difference) ** 2 for difference in (true - predicted).reshape(5, -1)])
    assert float(losses.Frobenius()(true, predicted)) == pytest.approx(expected, rel=1e-5)
    twice = losses.Frobenius()(np.tile(true, (2, 1, 1, 1)), np.tile(predicted, (2, 1, 1, 1)))
    assert float(twice) == pytest.approx(expected, rel=1e-5)  # does not change with the batch size


def test_frobenius_goes_from_0_to_8192():
    zeros, ones = np.zeros((1, 64, 64, 2), "float32"), np.ones((1, 64, 64, 2), "float32")
    assert float(losses.Frobenius()(ones, ones)) == 0
    assert float(losses.Frobenius()(zeros, ones)) == 8192


def test_huber_is_frobenius_for_small_errors_and_grows_evenly_beyond():
    def cost(error):
        return float(losses.Huber()(np.zeros((1, 64, 64, 2), "float32"), np.full((1, 64, 64, 2), error, "float32")))

    delta = losses.HUBER_DELTA
    assert cost(delta / 2) == pytest.approx(8192 * (delta / 2) ** 2, rel=1e-4)
    assert cost(6 * delta) - cost(5 * delta) == pytest.approx(cost(3 * delta) - cost(2 * delta), rel=1e-4)
    assert cost(1.001 * delta) - cost(delta) == pytest.approx(cost(delta) - cost(0.999 * delta), rel=0.02)


@pytest.mark.parametrize("scenes", [7, 100])
def test_cross_entropy_of_knowing_nothing_is_the_logarithm_of_the_scenes(scenes):
    knows_nothing = np.zeros((4, scenes), "float32")
    assert float(losses.CrossEntropy()(np.arange(4), knows_nothing)) == pytest.approx(math.log(scenes), rel=1e-6)


def test_cross_entropy_by_hand():
    logits = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]], "float32")
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.mean(np.log([probabilities[0, 2], probabilities[1, 1]]))
    assert float(losses.CrossEntropy()(np.array([2, 1]), logits)) == pytest.approx(expected, rel=1e-5)


# ---- of bins


def photographs_and_logits(pocket, count=3):
    _, chroma = color.encode(datasets.centre(pocket)[:count])
    return chroma, np.random.default_rng(2).normal(0, 3.0, (count, 32, 32, 261)).astype("float32")


def soft(chroma):
    """The truth as probabilities of all bins, (N, 32, 32, 261)."""
    numbers, given = bins.soft_encoded(bins.quartered(chroma))
    truth = np.zeros((*numbers.shape[:-1], 261))
    np.put_along_axis(truth, numbers, given, axis=-1)
    return truth


def test_the_loss_by_hand(pocket):
    chroma, logits = photographs_and_logits(pocket)
    truth = soft(chroma)
    costs = -(truth * log_softmax(logits, axis=-1)).sum(axis=-1) * RARITY[truth.argmax(axis=-1)]
    expected = costs.sum(axis=(1, 2)).mean()
    assert float(losses.Rebalanced(RARITY)(chroma, logits)) == pytest.approx(expected, rel=1e-4)


def test_the_loss_of_knowing_nothing_is_the_logarithm_of_the_bins_at_every_place(pocket):
    chroma, logits = photographs_and_logits(pocket)
    loss = losses.Rebalanced(np.ones(261))(chroma, np.zeros_like(logits) + 7)
    assert float(loss) == pytest.approx(32 * 32 * np.log(261), rel=1e-5)


def test_the_loss_does_not_change_with_the_batch_size(pocket):
    chroma, logits = photographs_and_logits(pocket)
    loss = losses.Rebalanced(RARITY)
    twice = loss(np.tile(chroma, (2, 1, 1, 1)), np.tile(logits, (2, 1, 1, 1)))
    assert float(twice) == pytest.approx(float(loss(chroma, logits)), rel=1e-5)


def test_nothing_costs_less_than_the_truth(pocket):
    chroma, logits = photographs_and_logits(pocket)
    loss, truth = losses.Rebalanced(RARITY), np.log(soft(chroma) + 1e-12).astype("float32")
    least = float(loss(chroma, truth))
    for other in (truth + 0.1 * logits, 0.8 * truth, 1.25 * truth, np.roll(truth, 1, axis=1)):
        assert float(loss(chroma, other)) > 1.001 * least


def test_what_is_rare_counts_for_more(pocket):
    """Twice as rare, a place costs twice as much, and other places cost what they did."""
    chroma, logits = photographs_and_logits(pocket, 1)
    nearest = soft(chroma).argmax(axis=-1)
    common = np.bincount(nearest.ravel()).argmax()
    usual, of_it = (
        float(losses.Rebalanced(rarity)(chroma, logits)) for rarity in (np.ones(261), 1.0 * (np.arange(261) == common))
    )
    doubled = float(losses.Rebalanced(1 + 1.0 * (np.arange(261) == common))(chroma, logits))
    assert 0 < of_it < usual and doubled == pytest.approx(usual + of_it, rel=1e-5)
