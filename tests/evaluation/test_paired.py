"""Paired differences: intervals that hold what they promise, and verdicts that do not find luck."""

import numpy as np
import pytest
from scipy import stats

from colorlab.course.exercises import next_steps
from colorlab.evaluation import paired


def by_seed(values):
    return dict(enumerate(values))


def test_the_difference_and_its_interval_are_those_of_the_paired_t_test():
    random = np.random.default_rng(0)
    base, changed = random.normal(20, 1, 5), random.normal(21, 1, 5)
    found = paired.difference(by_seed(changed), by_seed(base))
    wanted = stats.ttest_rel(changed, base)
    low, high = wanted.confidence_interval(0.95)
    assert found == pytest.approx(
        {"pairs": 5, "mean": (changed - base).mean(), "low": low, "high": high, "p": wanted.pvalue}
    )


def test_only_seeds_of_both_are_compared():
    assert paired.difference({0: 1.0, 3: 5.0}, {3: 4.0, 7: 0.0})["mean"] == 1.0


def test_fewer_pairs_than_two_have_no_interval():
    nothing = {"low": None, "high": None, "p": 1.0}
    assert paired.difference({}, {}) == {"pairs": 0, "mean": None} | nothing
    assert paired.difference({0: 3.0}, {0: 1.0}) == {"pairs": 1, "mean": 2.0} | nothing


def test_equal_losses_are_no_finding():
    assert paired.difference({0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0}) == {"pairs": 2, "mean": 0, "low": 0, "high": 0, "p": 1}


def test_holm_by_hand():
    np.testing.assert_allclose(paired.holm([0.04, 0.01, 0.011, 0.9]), [0.08, 0.04, 0.04, 0.9])
    np.testing.assert_allclose(paired.holm([0.6, 0.5]), [1, 1])
    assert paired.holm([0.03]) == [0.03] and paired.holm([]).shape == (0,)


def test_the_exercise_of_notebook_12_corrects_in_the_same_way():
    p = np.random.default_rng(0).random(4) / 10
    np.testing.assert_allclose(next_steps.q4.expected(p), paired.holm(p))


def test_without_any_effect_a_part_is_found_in_few_experiments():
    """Four parts that do nothing, five seeds: at most 5 % of the experiments find one. Uncorrected, 15 % do."""
    random, found, uncorrected = np.random.default_rng(0), [], []
    for _ in range(300):
        losses = {part: by_seed(random.normal(20, 1, 5)) for part in ("nothing", *"abcd")}
        compared = paired.compare(losses, 5).values()
        found.append(any(one["verdict"] != paired.UNDECIDED for one in compared))
        uncorrected.append(any(one["p"] < paired.LEVEL for one in compared))
    assert np.mean(found) < 0.08 and np.mean(uncorrected) > 0.1


def test_a_verdict_says_which_way_and_waits_for_all_pairs():
    random = np.random.default_rng(0)
    base = random.normal(20, 1, 5)
    losses = {
        "nothing": by_seed(base),
        "worse": by_seed(base + random.normal(1, 0.1, 5)),
        "better": by_seed(base - random.normal(1, 0.1, 5)),
        "same": by_seed(base + random.normal(0, 1, 5)),
        "unfinished": by_seed(base[:4] + random.normal(1, 0.1, 4)),
    }
    found = paired.compare(losses, 5)
    verdicts = {part: one["verdict"] for part, one in found.items()}
    assert verdicts == {
        "worse": "higher",
        "better": "lower",
        "same": "no difference that we can see",
        "unfinished": "4 of 5 pairs",
    }
    assert found["unfinished"]["corrected"] is None
    smaller = min(found["better"], found["worse"], key=lambda one: one["p"])
    assert smaller["corrected"] == pytest.approx(4 * smaller["p"])  # of four parts, though one is unfinished
