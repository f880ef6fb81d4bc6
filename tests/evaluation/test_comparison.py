"""The table of notebook 13: every way answers alike, and knows no more than it says it is told."""

import numpy as np
import pytest

from colorlab import color
from colorlab.data import datasets
from colorlab.evaluation import comparison


@pytest.fixture(scope="module")
def ways():
    return comparison.ways((3,))


@pytest.fixture(scope="module")
def photographs(pocket):
    return comparison.few(pocket.split("test"), 3)


def test_all_ways_answer_with_chroma(ways, photographs):
    assert {"grey", "truth", "places", "vivid", "iizuka", "segments 3", "strokes 3", "strokes 3 on places"} < set(ways)
    for name, (told, way) in ways.items():
        chroma = way(photographs[0])
        assert chroma.shape == (64, 64, 2) and 0 <= chroma.min() and chroma.max() <= 1, name
        assert told == (3 if "3" in name else 0)


def test_what_is_told_nothing_sees_no_color(ways, photographs):
    lightness, chroma = color.encode(photographs[:1])
    grey = color.decode(lightness, np.full_like(chroma, color.GREY))[0]
    for name, (told, way) in ways.items():
        if told == 0 and name != "truth":
            # Rounded to 8 bits, a grey copy has nearly the lightness of the photograph.
            np.testing.assert_allclose(way(grey), way(photographs[0]), atol=0.05, err_msg=name)


def test_the_measures_are_those_of_each_way(ways, photographs):
    result = comparison.compare(photographs, {name: ways[name] for name in ("grey", "segments 3", "truth")})
    grey, segments, truth = (result["methods"][name] for name in ("grey", "segments 3", "truth"))
    assert result["photographs"] == 3 and segments["told"] == 3
    assert grey["ciede2000"] > segments["ciede2000"] > truth["ciede2000"] and truth["chroma_loss_write_up"] == 0
    low, high = segments["interval"]
    assert low < segments["ciede2000"] < high and len(segments["each"]) == 3
    assert all(metrics["seconds"] > 0 for metrics in (grey, segments, truth))


def test_more_colors_told_are_smaller_errors(photographs):
    for way in (comparison.by_segments, comparison.by_strokes):
        errors = [np.mean([abs(way(one, n) - comparison.truth(one)).mean() for one in photographs]) for n in (1, 30)]
        assert errors[1] < errors[0]


def test_mending_leaves_what_is_right_as_it_is(photographs):
    for one in photographs:
        true = comparison.truth(one)
        mended = comparison.by_mending(one, 4, comparison.truth)
        assert abs(mended - true).mean() < 0.4 * abs(color.GREY - true).mean()


def test_mending_makes_a_way_better(photographs):
    for one in photographs:
        true = comparison.truth(one)
        assert abs(comparison.by_mending(one, 4, comparison.grey) - true).mean() < abs(color.GREY - true).mean()


def test_few_are_spread_over_the_data_set(pocket):
    few = comparison.few(pocket.split("val"), 2)
    whole = datasets.centre(pocket.split("val"))
    np.testing.assert_array_equal(few, whole[[0, len(whole) - 1]])
