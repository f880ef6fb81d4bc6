"""What experiments found, as figures and tables: every pair, the interval, each trial with its loss."""

import matplotlib.pyplot as plt
import numpy as np
import optuna
import pytest

from colorlab.base import paths
from colorlab.evaluation import experiments, figures, paired
from colorlab.reporting import records
from colorlab.training import search

LOSSES = {"nothing": {0: 2200.0, 1: 2230.0, 2: 2240.0}, "normalization": {0: 2150.0, 1: 2170.0, 2: 2180.0}}


@pytest.fixture(autouse=True)
def style():
    with plt.style.context(figures.STYLE):
        yield
    plt.close("all")


@pytest.fixture(scope="module")
def study():
    return search.opened(paths.RESULTS / "12_next_steps" / "search.jsonl")


def texts_of(axis):
    return [text.get_text() for text in axis.texts]


def test_every_pair_is_a_dot_and_the_interval_a_bar():
    figure = experiments.differences({"here": LOSSES, "there": LOSSES | {"scene loss": {0: 2300.0}}})
    here, there = figure.axes
    dots = [line.get_xdata() for line in here.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [[-50, -60, -60]])
    (bar,) = here.collections
    one = paired.difference(LOSSES["normalization"], LOSSES["nothing"])
    np.testing.assert_allclose(bar.get_segments()[0][:, 0], [one["low"], one["high"]])
    assert texts_of(here) == ["not in this run"] and texts_of(there) == ["one pair: no interval"]
    names = [label.get_text() for label in here.get_yticklabels()]
    assert names == ["without normalization", "without scene loss"]


def test_a_part_whose_trainings_all_diverged_is_no_error():
    figure = experiments.differences({"here": LOSSES | {"normalization": {}}})
    assert texts_of(figure.axes[0]) == ["no pair"]
    assert experiments.verdicts(LOSSES | {"normalization": {}}, 3)[1][1:4] == ["0", "-", "- to -"]


def test_the_verdicts_on_record_are_those_that_notebook_12_tells():
    on_record = records.by_seed(records.trained_without(paths.RESULTS))
    heading, *lines = experiments.verdicts(on_record, 3)
    said = {line[0]: dict(zip(heading, line, strict=True)) for line in lines}
    assert said["normalization"]["95 % interval"] == "-92 to -53"
    assert (said["normalization"]["p"], said["normalization"]["p after Holm"]) == ("0.004", "0.016")
    assert {part: one["colour loss"] for part, one in said.items()} == {
        "normalization": "lower",
        "first weights": paired.UNDECIDED,
        "global features": paired.UNDECIDED,
        "scene loss": paired.UNDECIDED,
    }


def test_the_table_of_trials_has_the_best_first_and_those_given_up_last(study):
    _, *lines = experiments.trials(study)
    assert len(lines) == 9 and lines[0][:2] == ["7", "2,428"]
    assert [line[-1] for line in lines] == ["", "", "the write-up's", "", "", "", *["given up"] * 3]


def test_every_trial_is_a_point_and_the_mean_color_a_line(study):
    no_number = optuna.create_study()
    no_number.add_trial(optuna.create_trial(state=optuna.trial.TrialState.PRUNED))  # its loss was no longer a number
    figure = experiments.searches({"there": (study, 2372.0), "none": (no_number, 2372.0)})
    done, given_up, mean = figure.axes[0].lines
    assert [len(line.get_xdata()) for line in (done, given_up)] == [6, 3]
    assert min(done.get_ydata()) == pytest.approx(2428, abs=1) and mean.get_ydata()[0] == 2372
    assert [len(line.get_xdata()) for line in figure.axes[1].lines[:2]] == [0, 0]
