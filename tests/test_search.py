"""A search goes on where it was stopped, shares its work with others, and ends what is hopeless."""

import errno
import logging
import multiprocessing
import os
import time

import optuna
import pytest
from click.testing import CliRunner

from colorlab import BadInput, cli
from colorlab import search as searching
from colorlab.search import LEAST, WRITE_UP, Report, finished, opened, search, suggested

# A process that has imported what the search needs, and forks others.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["colorlab.search"])


def quick(trial, dataset, images):
    trial.set_user_attr("process", searching._here())
    return suggested(trial, images).learning_rate


def search_with(dataset, journal, trials, barrier):
    def slow(trial, dataset, images):
        time.sleep(0.1)
        return quick(trial, dataset, images)

    searching._loss = slow
    barrier.wait()
    search(dataset, journal, trials, LEAST)


def search_until_killed(dataset, journal, at):
    def killed(trial, dataset, images):
        loss = quick(trial, dataset, images)
        if trial.number == at:
            os._exit(9)
        return loss

    searching._loss = killed
    search(dataset, journal, 9, LEAST)


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(searching, "_loss", quick)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "new" / "search.log"


def numbers(study):
    return [trial.number for trial in study.trials if trial.state.name == "COMPLETE"]


def test_the_first_trial_has_the_values_of_the_write_up(quickly, pocket, journal):
    study = search(pocket, journal, 3, LEAST)
    assert study.trials[0].params == WRITE_UP
    assert study.best_value == min(trial.params["learning_rate"] for trial in study.trials)


def test_it_goes_on_until_so_many_trials_have_finished(quickly, pocket, journal):
    before = [trial.params for trial in search(pocket, journal, 2, LEAST).trials]
    study = search(pocket, journal, 5, LEAST)
    assert [trial.params for trial in study.trials[:2]] == before and finished(study) == 5
    assert len(search(pocket, journal, 4, LEAST).trials) == 5


@pytest.mark.parametrize("at", [0, 2])
def test_one_that_is_killed_goes_on(quickly, pocket, journal, at):
    process = FORKS.Process(target=search_until_killed, args=(pocket, journal, at))
    process.start()
    process.join()
    assert process.exitcode == 9
    study = search(pocket, journal, 4, LEAST)
    assert finished(study) == 4 and study.trials[at].state.name == "FAIL"
    assert WRITE_UP in [study.trials[number].params for number in numbers(study)]


@pytest.mark.parametrize("at", [0, 2])
def test_ctrl_c_ends_it_with_a_sentence_and_it_goes_on(monkeypatch, quickly, caplog, pocket, journal, at):
    def stopped(trial, dataset, images):
        if trial.number == at:
            raise KeyboardInterrupt
        return quick(trial, dataset, images)

    monkeypatch.setattr(logging.getLogger("optuna"), "propagate", True)
    command = ["search", "pocket", "--trials", "4", "--images", str(LEAST), "-o", str(journal)]
    with monkeypatch.context() as interrupted:
        interrupted.setattr(searching, "_loss", stopped)
        ended = CliRunner().invoke(cli.main, command)
    assert ended.exit_code == 130 and "The same command goes on with the next trial." in ended.output
    assert not caplog.records  # nor does Optuna show where it was
    ended = CliRunner().invoke(cli.main, command)
    assert ended.exit_code == 0 and "4 trials, 4 of them to the end. The best has a colour loss of" in ended.output
    assert WRITE_UP in [trial.params for trial in opened(journal).trials if trial.state.name == "COMPLETE"]


def test_where_all_are_hopeless_it_says_so(monkeypatch, pocket, journal):
    def hopeless(trial, dataset, images):
        raise optuna.TrialPruned

    monkeypatch.setattr(searching, "_loss", hopeless)
    ended = CliRunner().invoke(cli.main, ["search", "pocket", "--trials", "2", "-o", str(journal)])
    assert ended.exit_code == 1 and "all 2 trials were given up" in ended.output


def test_several_processes_share_the_trials(pocket, journal):
    barrier = FORKS.Barrier(2)
    processes = [FORKS.Process(target=search_with, args=(pocket, journal, 8, barrier)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    trials = opened(journal).trials
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert 8 <= len(trials) <= 9  # the other may be at one when the last is finished
    assert sum(trial.params == WRITE_UP for trial in trials) == 1
    assert {trial.user_attrs["process"][1] for trial in trials} == {process.pid for process in processes}


def test_a_lock_that_a_killed_process_left_does_not_stop_it(quickly, monkeypatch, pocket, journal):
    monkeypatch.chdir(journal.parent.parent)
    search(pocket, "new/search.log", 1, LEAST)
    locks = [journal.parent / f"search.log{suffix}.lock" for suffix in ("", ".begin")]
    for lock in locks:
        lock.symlink_to(journal)
    monkeypatch.setattr(searching.JournalFileSymlinkLock.__init__, "__defaults__", (1,))  # seconds of patience, of 30
    assert finished(search(pocket, "new/search.log", 2, LEAST)) == 2


def test_the_last_entry_may_be_cut_off_anywhere(quickly, pocket, journal):
    search(pocket, journal, 2, LEAST)
    whole = journal.read_bytes()
    last = len(whole) - whole[:-1].rfind(b"\n") - 1
    for cut in range(1, last, 17):
        journal.write_bytes(whole[:-cut])
        assert finished(search(pocket, journal, 2, LEAST)) == 2
        assert finished(search(pocket, journal, 2, LEAST)) == 2


def test_what_is_no_search_is_refused_and_left_alone(quickly, pocket, tmp_path):
    for number, content in enumerate(["not a journal\n", '{"name": "of another program"}', '{"study_name":"other"}\n']):
        path = tmp_path / f"{number}.txt"
        path.write_text(content)
        with pytest.raises(BadInput, match=f"{path} is not a search, it holds something else"):
            search(pocket, path, 1, LEAST)
        assert path.read_text() == content
    for path in (tmp_path, tmp_path / "0.txt" / "search.log"):
        with pytest.raises(BadInput, match=f"{path} cannot be written"):
            search(pocket, path, 1, LEAST)
    with pytest.raises(BadInput, match="there is no search"):
        opened(tmp_path / "missing.log")


def test_a_damaged_journal_is_refused(quickly, pocket, journal):
    search(pocket, journal, 2, LEAST)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], lines[3][:9] + b"\n", *lines[4:]]))
    with pytest.raises(BadInput, match="search.log is not a search, or damaged"):
        search(pocket, journal, 3, LEAST)


def test_a_full_disk_ends_it_with_a_sentence(monkeypatch, quickly, pocket, journal):
    search(pocket, journal, 1, LEAST)
    append, entries = searching.JournalFileBackend.append_logs, iter(range(9))

    def full(backend, logs):
        if next(entries) == 4:  # in the middle of the second trial
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(journal))
        append(backend, logs)

    with monkeypatch.context() as disk:
        disk.setattr(searching.JournalFileBackend, "append_logs", full)
        with pytest.raises(BadInput, match=r"search.log cannot be written \(No space left on device\): make room"):
            search(pocket, journal, 3, LEAST)
    assert finished(search(pocket, journal, 3, LEAST)) == 3


def test_a_journal_of_another_search_is_refused(quickly, pocket, journal):
    search(pocket, journal, 1, LEAST)
    for dataset, images in ((pocket, LEAST + 1), (pocket.split("val"), LEAST)):
        with pytest.raises(BadInput, match="search.log belongs to a search with"):
            search(dataset, journal, 1, images)


def test_too_few_images_are_refused(pocket, journal):
    with pytest.raises(BadInput, match="64 images for each trial are too few: give 400 or more"):
        search(pocket, journal, 1, 64)
    assert not journal.exists()


class Asked(optuna.trial.FixedTrial):
    """A trial that Optuna gives up at a rung, if any."""

    hopeless_at = None

    def report(self, value, step):
        self.user_attrs.setdefault("rungs", []).append((step, value))

    def should_prune(self):
        return len(self.user_attrs["rungs"]) - 1 == self.hopeless_at


def test_a_trial_is_trained_looked_at_after_each_quarter_and_given_up_if_hopeless(pocket):
    trial = Asked({"batch_size": 16, "depth": 8, "optimizer": "adamw", "learning_rate": 1e-3, "alpha": 5.0})
    loss = searching._loss(trial, pocket, images=64)
    rungs = trial.user_attrs["rungs"]
    assert [step for step, _ in rungs] == [0, 1, 2, 3]
    assert loss == rungs[-1][1] and 5 < loss < 100

    hopeless = Asked({})
    hopeless.hopeless_at = 1
    report = Report(hopeless)
    report.on_epoch_end(0, {"val_chroma_loss": 20.0})
    with pytest.raises(optuna.TrialPruned):
        report.on_epoch_end(1, {"val_chroma_loss": 20.0})


def test_what_diverges_is_given_up():
    with pytest.raises(optuna.TrialPruned, match="diverged"):
        Report(Asked({})).on_epoch_end(0, {"val_chroma_loss": float("nan")})
