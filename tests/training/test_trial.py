"""One trial of a search: trained, looked at, and pruned if it is hopeless."""

import os
import signal
import tempfile
from functools import partial
from unittest.mock import Mock

import optuna
import pytest
from making import two_layers

from colorlab.training import loop, search
from colorlab.training.callbacks import Diverged


@pytest.fixture
def small_network(monkeypatch):
    """A trial trains two layers: the network itself takes ten seconds to become a graph."""
    monkeypatch.setattr(loop, "train", partial(loop.train, network=two_layers))


class Trial(optuna.trial.FixedTrial):
    """A trial that Optuna prunes at a rung, or where the process gets a signal at a rung."""

    def __init__(self, hopeless_at=None, stopped_at=None):
        super().__init__({"batch_size": 16, "depth": 8, "optimizer": "adamw", "learning_rate": 1e-3, "alpha": 5.0})
        self.rungs, self.hopeless_at, self.stopped_at = [], hopeless_at, stopped_at

    def report(self, value, step):
        self.rungs.append((step, value))
        if step == self.stopped_at:
            os.kill(os.getpid(), signal.SIGTERM)

    def should_prune(self):
        return len(self.rungs) - 1 == self.hopeless_at


def test_a_trial_is_trained_and_looked_at_after_each_quarter(pocket):
    trial = Trial()
    loss = search._loss(trial, pocket, images=64)
    assert [step for step, _ in trial.rungs] == [0, 1, 2, 3]
    assert loss == pytest.approx(trial.rungs[-1][1]) and 5 < loss < 100


@pytest.mark.usefixtures("small_network")
def test_a_hopeless_trial_is_pruned_and_leaves_nothing(pocket, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    trial = Trial(hopeless_at=1)
    with pytest.raises(optuna.TrialPruned):
        search._loss(trial, pocket, images=64)
    assert len(trial.rungs) == 2 and not list(tmp_path.iterdir())


@pytest.mark.usefixtures("small_network")
def test_a_trial_in_which_sigterm_comes_ends_as_if_by_ctrl_c(pocket):
    """So that Optuna notes its end, and the command ends with the status of SIGTERM."""
    trial = Trial(stopped_at=0)
    with pytest.raises(KeyboardInterrupt, match="stopped after step 1") as stopped:
        search._loss(trial, pocket, images=64)
    assert stopped.value.code == 143 and len(trial.rungs) == 1


def test_what_diverges_is_pruned(pocket, monkeypatch):
    monkeypatch.setattr(loop, "train", Mock(side_effect=Diverged("the loss became nan")))
    with pytest.raises(optuna.TrialPruned, match="diverged"):
        search._loss(Trial(), pocket, images=64)


@pytest.mark.usefixtures("small_network")
def test_a_trial_trains_on_one_device_whatever_there_is(pocket, monkeypatch):
    """A batch of 16 could not be divided among three."""
    monkeypatch.setattr(loop.devices, "join", lambda: loop.devices.DeviceMesh(devices=3))
    assert search._loss(Trial(), pocket, images=64) > 0
