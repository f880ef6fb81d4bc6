"""Records: what the committed trainings came to; a missing or damaged record is refused by name."""

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.course.exercises import gpu_training
from colorlab.reporting import records

WRITE_UP = paths.RESULTS / "11_mystery" / "write_up_adadelta_1e-05"


def test_trainings_come_in_the_order_of_optimizer_and_rate():
    tried = [(run.recipe["optimizer"], run.recipe["learning_rate"]) for run in records.trained_at_rates(paths.RESULTS)]
    assert tried == [("adadelta", rate) for rate in (1e-6, 1e-5, 1e-3, 0.1, 1.0)] + [("adamw", 1e-3)]


def test_a_training_without_its_last_epoch_has_no_result(results):
    history = results / "12_next_steps" / "scene-loss_seed_1" / "history.csv"
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:-1]))
    found = records.trained_without(results)
    assert list(found) == list(records.REMOVED)
    assert [run is None for run in found["scene loss"]] == [False, True, False]
    finished = [run for run in found["scene loss"] if run]
    losses = [100 * run.history[-1]["val_chroma_loss"] for run in finished]
    assert records.last(found, "val_chroma_loss")["scene loss"].tolist() == losses
    scenes = [100 * run.history[-1]["val_scene_accuracy"] for run in finished]
    assert records.last(found, "val_scene_accuracy")["scene loss"].tolist() == scenes


def test_missing_trainings_are_named(results):
    for folder in results.glob("12_next_steps/first-weights_*"):
        shutil.rmtree(folder)
    with pytest.raises(BadInput, match="12_next_steps has no first-weights_seed_… records"):
        records.trained_without(results)
    with pytest.raises(BadInput, match="11_mystery has no miniplaces_… records"):
        records.trained_at_rates(results / "places")


def test_a_missing_or_damaged_file_is_named(tmp_path):
    for read, name in ((records.record, "metrics.json"), (records.read_rows, "summary.csv")):
        with pytest.raises(BadInput, match=f"there is no .*{name}"):
            read(tmp_path / name)
    (tmp_path / "metrics.json").write_text("{")
    with pytest.raises(BadInput, match="metrics.json is damaged"):
        records.record(tmp_path / "metrics.json")


# ---- the commits that records name


def named():
    """The commits that the records name, without the "+" of a changed program: commit -> the records."""
    found = {}
    for file in paths.RESULTS.rglob("*.json*"):
        for commit in re.findall(r'\\?"commit\\?": ?\\?"([0-9a-f]+)', file.read_text()):
            found.setdefault(commit, set()).add(str(file.relative_to(paths.RESULTS)))
    for row in records.read_rows(paths.RESULTS / "bench" / "commands.csv"):
        found.setdefault(row["commit"], set()).add("bench/commands.csv")
    return found


def lost():
    rows = records.read_rows(paths.RESULTS / "lost_commits.csv")
    return {row["commit"]: row["reason"] for row in rows}


def git(*arguments):
    command = ["git", "-C", str(paths.ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def our_history():
    """The commits of this repository. A copy without them is skipped, inside another repository too."""
    try:
        if Path(git("rev-parse", "--show-toplevel").rstrip("\n")) != paths.ROOT.resolve():
            pytest.skip("this copy lies in another repository")
        if git("rev-parse", "--is-shallow-repository").strip() == "true":
            pytest.skip("this clone has a part of the history only")
        return git("rev-list", "HEAD").split()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this copy has no history")


def test_a_copy_without_our_history_is_skipped(tmp_path, monkeypatch):
    def repository(*words):
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    repository("init")
    repository("commit", "--allow-empty", "--message", "another history")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert len(our_history()) == 1
    (tmp_path / ".git" / "shallow").write_text(our_history()[0] + "\n")
    with pytest.raises(pytest.skip.Exception, match="part of the history"):
        our_history()
    monkeypatch.setattr(paths, "ROOT", tmp_path / "unpacked")
    paths.ROOT.mkdir()
    with pytest.raises(pytest.skip.Exception, match="another repository"):
        our_history()


def test_each_commit_that_a_record_names_is_in_history_or_listed_as_lost():
    history = our_history()
    assert len(named()) > 30
    there = {commit for commit in named() if any(one.startswith(commit) for one in history)}
    assert {commit: named()[commit] for commit in set(named()) - there - set(lost())} == {}
    assert there & set(lost()) == set(), "they are not lost"


def test_a_lost_commit_has_a_reason_and_a_record_that_names_it():
    assert lost() and all(len(reason) > 20 for reason in lost().values())
    assert set(lost()) <= set(named())


def test_notebook_09_says_what_the_records_say():
    notebook = nbformat.read(paths.NOTEBOOKS / "09_gpu_training.ipynb", as_version=4)
    prose = re.sub(r"\s+", " ", " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
    first, last = (100 * records.Run(WRITE_UP).column("chroma_loss")[epoch] for epoch in (0, -1))
    assert f"fell from {first:,.0f} to {last:,.0f} in 14,000 steps" in prose
    longer = records.Run(paths.RESULTS / "09_pocket_cpu").history[-1]
    said = f"{longer['step']:.0f} steps ended at {longer['chroma_loss']:.1f} on the training photographs"
    assert f"{said} and at {longer['val_chroma_loss']:.1f} on those for validation" in prose
    bench = (paths.RESULTS / "bench" / "two_cores.txt").read_text()
    faster, _, times = re.search(r"depth 64, batch 32: bfloat16.* ([\d.]+) +([\d.]+) .* ([\d.]+)x", bench).groups()
    assert f"trains at {times} times the speed of float32" in prose and float(faster) == gpu_training.RATE
    (emulated,) = records.read_rows(paths.RESULTS / "bench" / "precision.csv")
    speeds = [float(emulated[f"{name}_images_per_second"]) for name in ("mixed_bfloat16", "float32")]
    assert round(speeds[1] / speeds[0], -1) == 10 and "trained at a tenth of the speed of float32" in prose
