"""The joint loss against its formula."""

import math

import numpy as np
import pytest

from colorlab import losses


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


def test_contributions_add_up_to_the_joint_loss_that_training_reports(tiny_run):
    row, alpha = tiny_run.history[-1], tiny_run.recipe["alpha"]
    parts = losses.contributions(row, alpha)
    assert parts["chroma"] + parts["scene"] == pytest.approx(row["loss"], rel=1e-3)
    assert parts["val_chroma"] + parts["val_scene"] == pytest.approx(row["val_loss"], rel=1e-3)
    assert parts["chroma_write_up"] == pytest.approx(100 * row["chroma_loss"])
