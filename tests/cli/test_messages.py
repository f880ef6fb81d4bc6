"""What is wrong is said in one sentence, without a traceback, and the exit status says how a command ended."""

import warnings

import click
import pytest
from click.testing import CliRunner

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.cli.messages import OneSentence, end

LEGACY = sorted((DATA / "legacy").glob("*.jpg"))
BAD = [
    (["colorize", LEGACY[0], "--weights", "nowhere.weights.h5"], "there is no nowhere.weights.h5"),
    (["colorize", LEGACY[0], "--weights", LEGACY[0]], "is not a usable file of colorlab weights"),
    (["colorize", LEGACY[0], "--weights", DATA], "holds no best.weights.h5"),
    (["colorize", LEGACY[0], "--style", "nowhere.jpg"], "nowhere.jpg: there is no such file"),
    (["scribble", LEGACY[0], "nowhere.png", "-o", "out.png"], "nowhere.png: there is no such file"),
    (["scribble", LEGACY[0], LEGACY[0], "-o", "out.png"], "opaque everywhere"),
    (["scribble", LEGACY[0], LEGACY[1], "-o", "out.png"], "draw them on a layer of its size"),
    (["scribble", LEGACY[0], LEGACY[0], "-o", "out.png", "--weights", "{run}"], "give --hints too"),
    (["segment", LEGACY[0], "-o", "out.png", "--palette", "#12"], "'#12' in the palette is no colour"),
    (["segment", LEGACY[0], "-o", "out.png", "--palette", "red", "--segments", "0"], "0 segments are not possible"),
    (["segment", LEGACY[0], "-o", "out.xyz", "--palette", "red"], "no format that can be written"),
    (["segment", LEGACY[0], "-o", LEGACY[0], "--palette", "red"], "is there already"),
    (["evaluate", "nowhere", "--weights", "{run}"], "no data set 'nowhere'"),
    (["evaluate", "pocket", "--split", "valid", "--weights", "{run}"], "no split 'valid'"),
    (["data", "info", "nowhere"], "nowhere"),
    (["data", "pack", "/nowhere/at/all"], "/nowhere/at/all"),
    (["run", "no_such_notebook"], "no_such_notebook"),
    (["train", "placess"], "no recipe 'placess', only: places"),
    (["train", "places", "--dataset", "nowhere"], "no data set 'nowhere'"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(map(str, a[:2])) for a, _ in BAD])
def test_bad_input_gets_one_sentence(colorlab, tiny_run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = colorlab(*(tiny_run.folder if argument == "{run}" else argument for argument in arguments))
    assert result.exit_code != 0
    assert message in result.output and "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def ended(work):
    """How a command that does this work ends."""
    group = OneSentence(commands={"work": click.Command("work", callback=work)})
    return CliRunner().invoke(group, ["work"])


def raises(error):
    def work():
        raise error

    return work


def test_what_is_raised_becomes_a_message_and_a_status():
    wrong = ended(raises(BadInput("there is no such thing")))
    assert (wrong.exit_code, wrong.output) == (1, "Error: there is no such thing\n")
    needed = ended(raises(ModuleNotFoundError(name="onnx"))).output
    assert 'needs the package onnx: pip install ".[course,cpu]"' in needed and "in the project's folder" in needed
    stopped = ended(raises(KeyboardInterrupt()))
    assert (stopped.exit_code, stopped.output) == (130, "Stopped.\n")
    stop = SystemExit(143)  # as after SIGTERM
    terminated = ended(lambda: end(stop, "Stopped early."))
    assert (terminated.exit_code, terminated.output) == (143, "Stopped early.\n")
    assert isinstance(ended(raises(ZeroDivisionError())).exception, ZeroDivisionError)  # a bug keeps its traceback


def test_a_warning_of_ours_is_shown_without_the_line_of_the_program():
    def warns():
        warnings.warn("mind this", stacklevel=1)
        warnings.warn("Image size (9 pixels) exceeds limit, could be decompression bomb DOS attack.", stacklevel=1)

    assert ended(warns).output == "Warning: mind this\n"


def test_a_name_that_commands_the_terminal_is_written_out():
    wrong = ended(raises(BadInput("esc\x1b[31m.jpg and new\nline.jpg: there is no such file")))
    assert wrong.output == "Error: esc\\x1b[31m.jpg and new\\nline.jpg: there is no such file\n"
