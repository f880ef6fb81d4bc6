"""The simulated user: what it is told of, and that it says the truth."""

import numpy as np
import pytest
from PIL import Image

from colorlab import color
from colorlab.base.paths import DATA
from colorlab.evaluation import simulated_user

LAB = color.rgb_to_lab(np.asarray(Image.open(DATA / "gallery" / "coffee.jpg").resize((96, 64))))
LIGHTNESS, AB = LAB[..., 0], LAB[..., 1:]


@pytest.mark.parametrize("count", [1, 5, 20])
def test_one_color_for_each_region_its_mean(count):
    labels = simulated_user.regions(LIGHTNESS, count)
    colors = simulated_user.colors(AB, labels)
    assert len(colors) == labels.max() + 1 == count
    for label in range(count):
        np.testing.assert_allclose(colors[label], AB[labels == label].mean(axis=0), atol=1e-3)


def test_a_dot_lies_inside_its_region_and_has_its_color():
    labels = np.repeat([[0, 1, 1, 2, 2, 2, 2, 2, 2]], 9, axis=0)  # narrower than a dot, and wider
    ab = AB[:9, :9]
    given, marked = simulated_user.strokes(ab, labels, range(3))
    colors = simulated_user.colors(ab, labels)
    assert set(labels[marked]) == {0, 1, 2} and marked.sum() < 3 * 13.1
    np.testing.assert_allclose(given[marked], colors[labels[marked]])


def test_only_chosen_regions_are_marked():
    labels = simulated_user.regions(LIGHTNESS, 9)
    _, marked = simulated_user.strokes(AB, labels, [3, 5])
    assert set(labels[marked]) == {3, 5}


def test_a_dot_is_in_the_middle():
    _, marked = simulated_user.strokes(np.zeros((21, 31, 2)), np.zeros((21, 31), int), [0])
    row, column = np.argwhere(marked).mean(axis=0)
    assert row == 10 and 10 <= column <= 20  # as far from the edges as can be


def test_what_is_worst_and_largest_is_mended_first():
    labels = np.repeat([[0, 1, 2, 2, 2, 2]], 6, axis=0)
    painted, true = np.zeros((6, 6, 2)), np.zeros((6, 6, 2))
    true[labels == 0], true[labels == 1], true[labels == 2] = 10, 30, 9  # times their size: 10, 30, 36
    assert list(simulated_user.worst(true, painted, labels, 2)) == [2, 1]
    assert list(simulated_user.worst(true, true, labels, 5))[:3] in ([0, 1, 2], [2, 1, 0])
