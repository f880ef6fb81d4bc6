"""A file is written whole or not at all, and nothing is left beside it."""

import os

import pytest

from colorlab.base.files import replacing


@pytest.fixture(params=["old", None], ids=["over an old file", "for the first time"])
def path(tmp_path, request):
    path = tmp_path / "history.csv"
    if request.param:
        path.write_text(request.param)
    return path


def content(path):
    return path.read_text() if path.exists() else None


def test_the_new_content_appears_only_at_the_end(path):
    before = content(path)
    with replacing(path) as temporary:
        assert temporary.parent == path.parent  # else the last step would not be one
        temporary.write_text("new")
        assert content(path) == before
    assert content(path) == "new"
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_was_there_stays_when_the_block_raises(path, error):
    before, files = content(path), os.listdir(path.parent)
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("half of the n")
        raise error
    assert content(path) == before
    assert os.listdir(path.parent) == files


def test_what_was_there_stays_when_nothing_was_written(path):
    before, files = content(path), os.listdir(path.parent)
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert content(path) == before
    assert os.listdir(path.parent) == files


def test_what_a_killed_process_left_is_no_hindrance(path):
    with replacing(path) as temporary:
        temporary.write_text("first")
    temporary.write_text("left over, and longer than what comes")
    with replacing(path) as temporary:
        temporary.write_text("second")
    assert content(path) == "second"
    assert os.listdir(path.parent) == [path.name]


def test_the_content_is_on_the_disk_before_it_takes_its_place_and_the_place_before_what_follows(path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (steps.append("flushed"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *paths: (steps.append("replaced"), replace(*paths)))
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert steps == ["flushed", "replaced", "flushed"]
