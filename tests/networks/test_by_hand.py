"""The network in NumPy is the referee of the others: both Keras and ONNX Runtime answer as it does."""

import numpy as np
import pytest

from colorlab import color
from colorlab.data import datasets
from colorlab.networks import by_hand
from colorlab.networks.pretrained import NETWORKS
from colorlab.painting.network import load

APART = 0.001  # Lab units


@pytest.fixture(scope="module")
def numbers():
    return by_hand.numbers_of(NETWORKS["places"].onnx)


@pytest.fixture(scope="module")
def by_hand_answer(numbers, pocket):
    """The lightness of two photographs, and the answer by hand, which takes seconds for each."""
    lightness, _ = color.encode(datasets.centre(pocket)[[0, 100]])
    return lightness, by_hand.answer(lightness, numbers)


@pytest.mark.parametrize("engine", ["model", "keras"])
def test_the_engines_answer_as_the_network_by_hand(engine, by_hand_answer):
    lightness, known = by_hand_answer
    found = getattr(load("places"), engine).predict_on_batch(lightness)
    assert 255 * np.abs(known["chroma"] - found["chroma"]).max() < APART
    assert np.abs(known["scene"] - found["scene"]).max() < 1e-3


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [5, 8])
def test_a_convolution_is_the_sum_that_defines_it(side, stride):
    random = np.random.default_rng(0)
    x, kernel = random.normal(size=(2, side, side, 3)), random.normal(size=(4, 3, 3, 3))
    found = by_hand.convolution(x, kernel, stride)
    rows = -(-side // stride)
    assert found.shape == (2, rows, rows, 4)
    before = max((rows - 1) * stride + 3 - side, 0) // 2  # zeros above and to the left
    for v, u, channel in ((0, 0, 0), (1, 2, 3), (rows - 1, rows - 1, 1)):
        total = 0.0
        for dy in range(3):
            for dx in range(3):
                y, x_ = stride * v + dy - before, stride * u + dx - before
                if 0 <= y < side and 0 <= x_ < side:
                    total += x[1, y, x_] @ kernel[channel, :, dy, dx]
        assert found[1, v, u, channel] == pytest.approx(total)


def test_the_file_holds_large_kernels_as_whole_numbers(numbers):
    for name in ("low_level_4", "global_features_5", "colorization_1"):
        kernel = numbers[f"{name}/kernel"]
        assert kernel.dtype == np.int8 and np.abs(kernel.astype(int)).max() > 60
