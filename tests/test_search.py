"""A search goes on where it was stopped, shares its work with others, and ends what is hopeless."""

import multiprocessing
import re

import optuna
import pytest

from colorlab import BadInput
from colorlab import search as searching
from colorlab.search import FINISHED, WRITE_UP, Report, opened, search, suggested

# A process that has imported what the search needs, and forks others.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["colorlab.search"])


def quick(trial, dataset, images):
    return suggested(trial, images).learning_rate


def search_quickly(dataset, journal, trials):
    searching._loss = quick
    search(dataset, journal, trials, images=64)


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(searching, "_loss", quick)


def test_the_first_trial_has_the_values_of_the_write_up(quickly, pocket, tmp_path):
    study = search(pocket, tmp_path / "new" / "search.log", trials=3, images=64)
    assert study.trials[0].params == WRITE_UP
    assert study.best_value == min(trial.params["learning_rate"] for trial in study.trials)


def test_it_goes_on_until_so_many_trials_have_finished(quickly, pocket, tmp_path):
    journal = tmp_path / "search.log"
    search(pocket, journal, trials=2, images=64)
    before = [trial.params for trial in opened(journal).trials]
    opened(journal).ask()  # a process began a trial, and was killed
    study = search(pocket, journal, trials=5, images=64)
    assert [trial.params for trial in study.trials[:2]] == before
    assert len(study.get_trials(states=FINISHED)) == 5
    assert len(search(pocket, journal, trials=4, images=64).trials) == len(study.trials)


def test_one_that_is_interrupted_goes_on(monkeypatch, pocket, tmp_path):
    def stopped(trial, dataset, images):
        if trial.number == 2:
            raise KeyboardInterrupt
        return quick(trial, dataset, images)

    monkeypatch.setattr(searching, "_loss", stopped)
    with pytest.raises(KeyboardInterrupt):
        search(pocket, tmp_path / "search.log", trials=4, images=64)
    assert len(search(pocket, tmp_path / "search.log", 4, 64).get_trials(states=FINISHED)) == 4


def test_several_processes_share_the_trials(pocket, tmp_path):
    arguments = (pocket, tmp_path / "search.log", 8)
    processes = [FORKS.Process(target=search_quickly, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    trials = opened(tmp_path / "search.log").trials
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert 8 <= len(trials) <= 9  # the other may be at one when the last is finished
    assert sum(trial.params == WRITE_UP for trial in trials) == 1


def test_a_journal_of_another_search_is_refused(quickly, pocket, tmp_path):
    search(pocket, tmp_path / "search.log", trials=1, images=64)
    for dataset, images in ((pocket, 65), (pocket.split("val"), 64)):
        with pytest.raises(BadInput, match=re.escape(f"{tmp_path}/search.log belongs to a search with")):
            search(dataset, tmp_path / "search.log", 1, images)


def test_what_is_no_journal_is_refused(pocket, tmp_path):
    (tmp_path / "notes.txt").write_text("not a journal\n")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "notes.txt" / "search.log"):
        with pytest.raises(BadInput, match=f"{path} cannot be a search's journal"):
            search(pocket, path, trials=1, images=64)
    assert (tmp_path / "notes.txt").read_text() == "not a journal\n"


def test_a_trial_is_trained_and_told_of_at_each_rung(pocket):
    class Asked(optuna.trial.FixedTrial):
        rungs = []

        def report(self, value, step):
            self.rungs.append((step, value))

    trial = Asked({"batch_size": 16, "depth": 8, "optimizer": "adamw", "learning_rate": 1e-3, "alpha": 5.0})
    loss = searching._loss(trial, pocket, images=64)
    assert [step for step, _ in trial.rungs] == [0, 1, 2, 3]
    assert loss == trial.rungs[-1][1] and 5 < loss < 100


def test_what_diverges_is_pruned():
    report = Report(optuna.trial.FixedTrial({}))
    with pytest.raises(optuna.TrialPruned, match="diverged"):
        report.on_epoch_end(0, {"val_chroma_loss": float("nan")})
