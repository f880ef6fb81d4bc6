"""A search resumes where it was stopped, shares its work with other processes, and prunes what is hopeless."""

import errno
import logging
import multiprocessing
import os
import signal
import time
from unittest.mock import Mock

import optuna
import pytest
from click.testing import CliRunner

from colorlab.base.errors import BadInput
from colorlab.cli.main import main
from colorlab.training import search
from colorlab.training.search import LEAST, WRITE_UP, find_recipe, finished, opened, suggested

# A process that has imported what the search needs, and forks others.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["colorlab.training.search"])


def quick(trial, dataset, images):
    trial.set_user_attr("process", search._here())
    return suggested(trial, images).learning_rate


def search_with(dataset, journal, trials, barrier):
    def slow(trial, dataset, images):
        time.sleep(0.1)
        return quick(trial, dataset, images)

    search._loss = slow
    barrier.wait()
    find_recipe(dataset, journal, trials, LEAST)


def search_until_killed(dataset, journal, at):
    def killed(trial, dataset, images):
        loss = quick(trial, dataset, images)
        if trial.number == at:
            os._exit(9)
        return loss

    search._loss = killed
    find_recipe(dataset, journal, 9, LEAST)


@pytest.fixture
def quickly(monkeypatch):
    """Trials that take no time. SIGTERM, for which the command has a handler of its own, is as before afterwards."""
    usual = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(search, "_loss", quick)
    yield
    signal.signal(signal.SIGTERM, usual)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "new" / "search.log"


def numbers(study):
    return [trial.number for trial in study.trials if trial.state.name == "COMPLETE"]


def test_the_first_trial_has_the_values_of_the_write_up(quickly, pocket, journal):
    study = find_recipe(pocket, journal, 3, LEAST)
    assert study.trials[0].params == WRITE_UP
    assert study.best_value == min(trial.params["learning_rate"] for trial in study.trials)


def test_it_continues_until_so_many_trials_have_finished(quickly, pocket, journal):
    before = [trial.params for trial in find_recipe(pocket, journal, 2, LEAST).trials]
    study = find_recipe(pocket, journal, 5, LEAST)
    assert [trial.params for trial in study.trials[:2]] == before and finished(study) == 5
    assert len(find_recipe(pocket, journal, 4, LEAST).trials) == 5


@pytest.mark.parametrize("at", [0, 2])
def test_one_that_is_killed_resumes(quickly, pocket, journal, at):
    process = FORKS.Process(target=search_until_killed, args=(pocket, journal, at))
    process.start()
    process.join()
    assert process.exitcode == 9
    study = find_recipe(pocket, journal, 4, LEAST)
    assert finished(study) == 4 and study.trials[at].state.name == "FAIL"
    assert WRITE_UP in [study.trials[number].params for number in numbers(study)]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("number", "at", "status"), [(signal.SIGINT, 0, 130), (signal.SIGTERM, 2, 143)])
def test_a_signal_ends_it_with_a_sentence_and_it_resumes(
    monkeypatch, quickly, caplog, pocket, journal, number, at, status
):
    def stopped(trial, dataset, images):
        if trial.number == at:
            os.kill(os.getpid(), number)
        return quick(trial, dataset, images)

    monkeypatch.setattr(logging.getLogger("optuna"), "propagate", True)
    command = ["search", "pocket", "--trials", "4", "--images", str(LEAST), "-o", str(journal)]
    with monkeypatch.context() as interrupted:
        interrupted.setattr(search, "_loss", stopped)
        ended = CliRunner().invoke(main, command)
    assert ended.exit_code == status and "The same command continues with the next trial." in ended.output
    assert not caplog.records  # nor does Optuna show where it was
    ended = CliRunner().invoke(main, command)
    assert ended.exit_code == 0 and "4 trials, 4 of them to the end. The best has a colour loss of" in ended.output
    assert WRITE_UP in [trial.params for trial in opened(journal).trials if trial.state.name == "COMPLETE"]


def test_where_all_are_hopeless_it_says_so(monkeypatch, quickly, pocket, journal):
    monkeypatch.setattr(search, "_loss", Mock(side_effect=optuna.TrialPruned))
    ended = CliRunner().invoke(main, ["search", "pocket", "--trials", "2", "-o", str(journal)])
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
    find_recipe(pocket, "new/search.log", 1, LEAST)
    locks = [journal.parent / f"search.log{suffix}.lock" for suffix in ("", ".begin")]
    for lock in locks:
        lock.symlink_to(journal)
    monkeypatch.setattr(search.JournalFileSymlinkLock.__init__, "__defaults__", (1,))  # seconds of patience, of 30
    assert finished(find_recipe(pocket, "new/search.log", 2, LEAST)) == 2


def test_the_last_entry_may_be_cut_off_anywhere(quickly, pocket, journal):
    find_recipe(pocket, journal, 2, LEAST)
    whole = journal.read_bytes()
    last = len(whole) - whole[:-1].rfind(b"\n") - 1
    for cut in range(1, last, 17):
        journal.write_bytes(whole[:-cut])
        assert finished(find_recipe(pocket, journal, 2, LEAST)) == 2
        assert finished(find_recipe(pocket, journal, 2, LEAST)) == 2


def test_what_is_no_search_is_refused_and_left_alone(quickly, pocket, tmp_path):
    for number, content in enumerate(["not a journal\n", '{"name": "of another program"}', '{"study_name":"other"}\n']):
        path = tmp_path / f"{number}.txt"
        path.write_text(content)
        with pytest.raises(BadInput, match=f"{path} is not a search, it holds something else"):
            find_recipe(pocket, path, 1, LEAST)
        assert path.read_text() == content
    for path in (tmp_path, tmp_path / "0.txt" / "search.log"):
        with pytest.raises(BadInput, match=f"{path} cannot be written"):
            find_recipe(pocket, path, 1, LEAST)
    with pytest.raises(BadInput, match="there is no search"):
        opened(tmp_path / "missing.log")


def test_a_damaged_journal_is_refused(quickly, pocket, journal):
    find_recipe(pocket, journal, 2, LEAST)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], lines[3][:9] + b"\n", *lines[4:]]))
    with pytest.raises(BadInput, match="search.log is not a search, or damaged"):
        find_recipe(pocket, journal, 3, LEAST)


def test_a_full_disk_ends_it_with_a_sentence(monkeypatch, quickly, pocket, journal):
    find_recipe(pocket, journal, 1, LEAST)
    append, entries = search.JournalFileBackend.append_logs, iter(range(9))

    def full(backend, logs):
        if next(entries) == 4:  # in the middle of the second trial
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(journal))
        append(backend, logs)

    with monkeypatch.context() as disk:
        disk.setattr(search.JournalFileBackend, "append_logs", full)
        with pytest.raises(BadInput, match=r"search.log cannot be written \(No space left on device\): make room"):
            find_recipe(pocket, journal, 3, LEAST)
    assert finished(find_recipe(pocket, journal, 3, LEAST)) == 3


def test_a_journal_of_another_search_is_refused(quickly, pocket, journal):
    find_recipe(pocket, journal, 1, LEAST)
    for dataset, images in ((pocket, LEAST + 1), (pocket.split("val"), LEAST)):
        with pytest.raises(BadInput, match="search.log belongs to a search with"):
            find_recipe(dataset, journal, 1, images)


def test_too_few_images_are_refused(pocket, journal):
    with pytest.raises(BadInput, match="64 images for each trial are too few: give 400 or more"):
        find_recipe(pocket, journal, 1, 64)
    assert not journal.exists()
