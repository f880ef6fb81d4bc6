"""A result says where it comes from, and never names a commit that it does not come from."""

import json
import platform
import subprocess
from datetime import UTC, datetime

import keras
import numpy as np
import pytest

from colorlab.base import provenance
from colorlab.base.errors import BadInput


def git(folder, *arguments):
    me = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
    done = subprocess.run(["git", "-C", folder, *me, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository of one commit, which the package takes for its own."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # set where a hook of git runs the tests
        monkeypatch.delenv(name, raising=False)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):  # whoever runs them may sign commits
        monkeypatch.setenv(name, "/dev/null")
    folder = tmp_path / "checkout"
    (folder / "colorlab").mkdir(parents=True)
    (folder / "colorlab" / "color.py").write_text("white = 100\n")
    (folder / "README.md").write_text("# colorlab\n")
    (folder / ".gitignore").write_text("*.pyc\n")
    git(tmp_path, "init", folder)
    git(folder, "add", ".")
    git(folder, "commit", "-m", "first")
    monkeypatch.setattr(provenance, "ROOT", folder)
    return folder


# ---- the commit


def test_the_commit_is_the_head_of_the_checkout(checkout):
    assert provenance.commit() == git(checkout, "rev-parse", "HEAD")
    git(checkout, "commit", "--allow-empty", "-m", "second")
    assert provenance.commit() == git(checkout, "rev-parse", "HEAD")


def edited(checkout):
    (checkout / "colorlab" / "color.py").write_text("white = 1\n")


def staged(checkout):
    edited(checkout)
    git(checkout, "add", ".")


def removed(checkout):
    (checkout / "colorlab" / "color.py").unlink()


def untracked(checkout):
    (checkout / "colorlab" / "losses.py").write_text("loss = 0\n")


@pytest.mark.parametrize("change", [edited, staged, removed, untracked])
def test_a_changed_package_is_told_from_the_commit(checkout, change):
    head = git(checkout, "rev-parse", "HEAD")
    change(checkout)
    assert provenance.commit() == head + "+"


def test_a_changed_script_of_the_report_is_told_and_a_new_record_is_not(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / "report" / "results").mkdir(parents=True)
    (checkout / "report" / "results" / "metrics.json").write_text("{}")
    assert provenance.commit() == head
    (checkout / "report" / "pocket.py").write_text("print(1)\n")
    assert provenance.commit() == head + "+"


def test_a_record_refuses_a_program_that_no_commit_holds(checkout):
    data = {"name": "pocket"}
    assert provenance.of_record(data)["commit"] == git(checkout, "rev-parse", "HEAD")
    edited(checkout)
    with pytest.raises(BadInput, match=r"the commit '[0-9a-f]{40}\+', which does not hold .*: commit all changes"):
        provenance.of_record(data)
    with pytest.raises(BadInput, match="the commit 'unknown'"):
        provenance.refuse_changed(["a" * 40, "unknown"])


def test_what_is_not_the_package_does_not_count(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / "README.md").write_text("# Colour\n")
    (checkout / "notes.txt").write_text("to do")
    (checkout / "colorlab" / "color.pyc").write_bytes(b"ignored by git")
    assert provenance.commit() == head


def test_without_git_the_commit_is_unknown(checkout, monkeypatch):
    monkeypatch.setenv("PATH", str(checkout))
    assert provenance.commit() == "unknown"


def test_outside_a_repository_the_commit_is_what_the_environment_says(tmp_path, checkout, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert provenance.commit() == "unknown"
    monkeypatch.setenv("COLORLAB_COMMIT", "1a2b3c+")
    assert provenance.commit() == "1a2b3c+"
    monkeypatch.setattr(provenance, "ROOT", checkout)
    assert provenance.commit() == git(checkout, "rev-parse", "HEAD")  # the checkout knows better


def test_the_commit_of_another_repository_around_it_is_not_ours(checkout, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", checkout / "colorlab")
    assert provenance.commit() == "unknown"


def test_before_the_first_commit_it_is_unknown(checkout, tmp_path, monkeypatch):
    git(tmp_path, "init", tmp_path / "new")
    monkeypatch.setattr(provenance, "ROOT", tmp_path / "new")
    assert provenance.commit() == "unknown"


def test_a_checkout_may_be_reached_through_a_link(checkout, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(checkout)
    monkeypatch.setattr(provenance, "ROOT", tmp_path / "link")
    assert provenance.commit() == git(checkout, "rev-parse", "HEAD")


# ---- the rest


def test_what_is_recorded(pocket):
    before = datetime.now(UTC).replace(microsecond=0)
    recorded = provenance.provenance(provenance.described(pocket))
    assert set(recorded) == {"started", "commit", "backend", "python", "versions", "hardware", "dataset"}
    assert before <= datetime.fromisoformat(recorded["started"]) <= datetime.now(UTC)
    assert recorded["commit"] == provenance.commit()
    assert recorded["backend"] == keras.backend.backend()
    assert recorded["python"] == platform.python_version()
    assert recorded["dataset"] == {"name": "pocket", "photographs": len(pocket), "digest": pocket.digest}
    assert json.loads(json.dumps(recorded)) == recorded


def test_the_versions_are_those_of_what_is_installed():
    versions = provenance.versions()
    assert set(versions) <= set(provenance.PACKAGES)
    assert (versions["keras"], versions["numpy"]) == (keras.__version__, np.__version__)
    assert {"colorlab", "pillow", "scikit-image"} <= set(versions)


def test_the_hardware_is_named(pocket):
    hardware = provenance.provenance(provenance.described(pocket))["hardware"]
    assert set(hardware) == {"processor", "cores", "memory_gib", "accelerators"}
    assert hardware["processor"] and hardware["cores"] >= 1 and hardware["memory_gib"] >= 1
    assert all(isinstance(name, str) and name for name in hardware["accelerators"])


def test_without_nvidias_tool_there_are_no_accelerators(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance._accelerators() == []


def test_changed_weights_are_told(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / "data" / "weights").mkdir(parents=True)
    (checkout / "data" / "weights" / "places.onnx").write_bytes(b"other numbers")
    assert provenance.commit() == head + "+"
