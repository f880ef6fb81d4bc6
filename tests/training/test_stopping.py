"""Requests to stop: a training finishes its step and resumes from there exactly; a second Ctrl-C ends it at once."""

import os
import signal
from dataclasses import replace

import pytest
from making import SignalAtStep, assert_same_numbers, two_layers

from colorlab.base.backend import keras
from colorlab.training import checkpoints, loop
from colorlab.training.loop import train
from colorlab.training.runs import Run
from colorlab.training.stopping import stop_requests


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    "asked",
    [
        (signal.SIGINT, signal.SIGTERM),  # as a kernel gets it that is shut down
        (signal.SIGTERM, signal.SIGINT, signal.SIGTERM),  # and where every process has got SIGTERM before
    ],
)
def test_asked_by_ctrl_c_twice_it_stops_at_once(asked):
    noted = None
    with pytest.raises(KeyboardInterrupt, match="at once"), stop_requests() as requested:
        for number in asked:
            os.kill(os.getpid(), number)
        noted = list(requested)
        os.kill(os.getpid(), signal.SIGINT)
    assert noted == list(asked)


def test_a_signal_that_is_ignored_stays_ignored():
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what runs in the background
    try:
        with stop_requests() as requested:
            os.kill(os.getpid(), signal.SIGINT)
        assert requested == []
    finally:
        signal.signal(signal.SIGINT, usual)


# ---- in a training


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("number", "ended", "average"), [(signal.SIGTERM, SystemExit, 0.9), (signal.SIGINT, KeyboardInterrupt, 0.0)]
)
def test_asked_in_a_step_it_finishes_the_step(pocket, tiny_recipe, tmp_path, monkeypatch, number, ended, average):
    """It resumes exactly, with the means of the interrupted epoch and the average of the weights."""
    monkeypatch.setattr(loop, "MEASURED", 3)
    recipe = replace(tiny_recipe, average=average)
    whole = train(pocket, recipe, tmp_path / "whole", network=two_layers)

    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with pytest.raises(ended, match="stopped after step 5; start it again, and it resumes there") as raised:
        train(pocket, recipe, tmp_path / "run", network=two_layers, callbacks=[SignalAtStep(number, 5)])
    assert number == signal.SIGINT or raised.value.code == 143
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers
    assert checkpoints.read(tmp_path / "run").step == 5 and len(Run(tmp_path / "run").history) == 1

    assert_same_numbers(train(pocket, recipe, tmp_path / "run", network=two_layers), whole)


def test_asked_while_it_validates_it_finishes_the_epoch(pocket, tiny_recipe, tmp_path):
    after_validation = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: os.kill(os.getpid(), signal.SIGTERM)
    )

    def begin(callbacks=()):
        return train(pocket, tiny_recipe, tmp_path / "run", network=two_layers, callbacks=callbacks)

    with pytest.raises(SystemExit, match="stopped after step 3"):
        begin([after_validation])
    assert checkpoints.read(tmp_path / "run").step == 3 and len(Run(tmp_path / "run").history) == 1
    with pytest.raises(SystemExit, match="the training is complete"):
        begin([after_validation])
    assert begin().column("step") == [3, 6]
