"""The lengths of steps: every step counts once, and in its place."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from colorlab.evaluation import figures, steps


@pytest.fixture(autouse=True)
def style():
    with plt.style.context(figures.STYLE):
        yield
    plt.close("all")


@pytest.mark.parametrize("count", [2, 45, 25_000])
def test_each_step_is_in_one_span(count):
    starts, stops, middles = steps._spans(count)
    assert starts[0] == 0 and stops[-1] == count and len(starts) <= steps.SPANS
    np.testing.assert_array_equal(starts[1:], stops[:-1])
    assert middles[0] == 1 and np.all(np.diff(middles) > 0)


def test_a_line_has_the_mean_of_each_span():
    numbers = np.arange(1, 1001)
    figure = steps.step_sizes({"the step itself": numbers, "ten": np.full(1000, 10.0)}, {"a level": 3.0})
    itself, ten = figure.axes[0].lines[:2]
    np.testing.assert_allclose(itself.get_ydata(), itself.get_xdata())
    np.testing.assert_allclose(ten.get_ydata(), 10)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["the step itself", "ten"]
    assert figure.axes[0].get_legend() is None
