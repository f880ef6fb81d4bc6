"""Where a result goes: a place at which nothing can be written is refused before any work, in one sentence."""

import os

import pytest
from making import USES, notebook_at

from colorlab.base.paths import DATA

COMMANDS = {  # with -o -> the rest of its arguments, and the name of a result
    "run": (["run", "{notebook}", "--prepare-only"], "x.ipynb"),
    "run into a folder": (["run", "{notebook}", "--prepare-only"], "folder"),
    "data pack": (["data", "pack", DATA / "pocket"], "folder"),
    "data fetch": (["data", "fetch", DATA / "pocket"], "folder"),
    "train": (["train", "places", "--dataset", "pocket"], "folder"),
    "search": (["search", "pocket"], "x.log"),
    "evaluate": (["evaluate", "pocket"], "x.json"),
    "export": (["export", "iizuka"], "x.onnx"),
    "report": (["report"], "x.pdf"),
    "colorize": (["colorize", DATA / "gallery" / "china.jpg"], "folder"),
    "scribble": (["scribble", "a.jpg", "b.png"], "x.png"),
    "segment": (["segment", "a.jpg", "--palette", "red"], "x.png"),
    "report of a figure": (["report", "--figure", "told"], "x.png"),
}


def in_a_file(name):
    open("taken", "w").close()
    return f"taken/{name}"


def of_the_other_kind(name):
    """A folder where a file is wanted, and a file where a folder is."""
    os.mkdir(name) if "." in name else open(name, "w").close()
    return name


PLACES = {
    "empty": (lambda name: "", "is empty"),
    "too long": (lambda name: 300 * "x" + name, "is too long"),
    "too deep": (lambda name: 50 * (100 * "x" + "/") + name, "is too long"),
    "with a zero byte": (lambda name: f"a\0{name}", "zero byte"),
    "in a file": (in_a_file, "taken is a file and no folder"),
    "of the other kind": (of_the_other_kind, "is a folder, and the result is a file|is a file and no folder"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_that_cannot_be_is_refused(colorlab, tmp_path, monkeypatch, command, place):
    (arguments, name), (named, message) = COMMANDS[command], PLACES[place]
    notebook = notebook_at(tmp_path / "notebook.ipynb", USES)
    monkeypatch.chdir(tmp_path)
    output = named(name)
    before = sorted(tmp_path.rglob("*"))
    result = colorlab(*(notebook if one == "{notebook}" else one for one in arguments), "-o", output)
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    (line,) = result.output.splitlines()
    assert line.startswith("Error: ") and any(one in line for one in message.split("|"))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["out.jpg", "new/OUT.PNG", "out.tif", "out.heic"])
def test_a_new_folder_called_like_a_photograph_is_refused(colorlab, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    result = colorlab("colorize", "nosuch.jpg", "-o", name)
    wanted = "names a folder for the results, and this looks like a file: give a folder, for example -o colorized"
    assert (result.exit_code, result.output) == (1, f"Error: -o {name} {wanted}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["there.jpg", "v1.0", "colorized"])
def test_a_folder_that_is_there_and_one_with_another_dot_are_taken(colorlab, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.jpg").mkdir()
    assert "there is no such file" in colorlab("colorize", "nosuch.jpg", "-o", name).output


@pytest.mark.parametrize("arguments", [["data", "info"], ["run"], ["evaluate"], ["data", "pack"], ["report", "--runs"]])
def test_a_name_that_no_file_can_have_is_refused(colorlab, arguments):
    for name in (300 * "x", 50 * (100 * "x" + "/")):
        result = colorlab(*arguments, name)
        assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
        assert result.output.startswith("Error: ") and len(result.output.splitlines()) == 1
