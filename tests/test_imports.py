"""What starts at once: modules, helps and answers to wrong input, without Keras, TensorFlow, JAX, Jupyter or papermill.

Each piece of work is done in a process of its own, which then says which of these packages it has loaded, and which
line of colorlab imported them.
"""

import json
import subprocess
import sys

import pytest
from PIL import Image

from colorlab.base.paths import DATA, PACKAGE, ROOT

HEAVY = ["keras", "tensorflow", "jax", "papermill", "nbclient", "jupyter_client", "jupyter_server", "jupyterlab"]
HEAVY += ["ipykernel", "IPython"]
CAT, CHINA = DATA / "pocket" / "animal" / "cat.jpg", DATA / "gallery" / "china.jpg"

MODULES = ["colorlab", "colorlab.color", "colorlab.data.packing", "colorlab.data.fetch", "colorlab.painting.segments"]
MODULES += ["colorlab.painting.scribbles", "colorlab.painting.files", "colorlab.networks.pretrained"]
MODULES += ["colorlab.networks.tables", "colorlab.networks.bins", "colorlab.training.runs", "colorlab.training.recipe"]
MODULES += ["colorlab.training.search", "colorlab.evaluation.metrics", "colorlab.evaluation.figures"]
MODULES += ["colorlab.reporting.report", "colorlab.course.runner", "colorlab.course.s3", "colorlab.cli.main"]

# Imports the modules one after the other, and says after each what is loaded. Then each command runs in a fork, which
# has these modules and nothing more.
PROGRAM = """
import contextlib, importlib, io, json, os, sys, traceback

heavy, package, modules, commands = json.loads(sys.argv[1])
lines = {}

class Watch:
    def find_spec(name, path=None, target=None):  # Python asks it first, and then the usual finders
        if name in heavy:
            stack = [call for call in traceback.extract_stack() if call.filename.startswith(package)]
            lines.setdefault(name, f"{stack[-1].filename}:{stack[-1].lineno}" if stack else "-")

sys.meta_path.insert(0, Watch)

def loaded():
    return {name: lines.get(name) for name in heavy if name in sys.modules}

def command(arguments):
    from colorlab.cli.main import main
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main(arguments)
        except SystemExit as end:
            return end.code, said.getvalue()

for module in modules:
    importlib.import_module(module)
    print(json.dumps(loaded()), flush=True)
for arguments in commands:
    reading, writing = os.pipe()
    if not os.fork():
        status, said = command(arguments)
        os.write(writing, json.dumps([status, said[-2000:], loaded()]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        print(pipe.read() or json.dumps([None, "it crashed", {}]), flush=True)
    os.wait()
"""


def asked(modules, commands):
    """Run PROGRAM: a line of its answer for each module and command."""
    question = json.dumps([HEAVY, str(PACKAGE), modules, [[str(part) for part in command] for command in commands]])
    finished = subprocess.run([sys.executable, "-c", PROGRAM, question], capture_output=True, text=True, cwd=ROOT)
    answers = [json.loads(line) for line in finished.stdout.splitlines()]
    assert len(answers) == len(modules) + len(commands), finished.stderr
    return answers


def done(*commands, modules=("colorlab.cli.main",)):
    """Arguments of a command -> (exit status, what was said, what was loaded). `modules` are imported before."""
    names = [" ".join(map(str, command)) for command in commands]
    return dict(zip(names, map(tuple, asked(modules, commands)[len(modules) :]), strict=True))


def test_the_test_sees_what_is_loaded():
    before, after = asked(["colorlab.cli.main", "nbclient"], [])  # Keras would take longer
    assert before == {} and {"nbclient", "jupyter_client"} <= set(after)


def test_modules_that_need_no_network():
    for module, loaded in zip(MODULES, asked(MODULES, []), strict=True):
        assert loaded == {}, f"import {module}"


def test_the_face_loads_a_network_when_it_is_used():
    code = """import sys, colorlab
from colorlab.base.provenance import provenance
assert provenance({})["backend"] in ("tensorflow", "jax")
network = colorlab.load("places")
try:
    network.colorize("cat.jpg")
except colorlab.BadInput:
    print(*sys.modules)"""
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(HEAVY) & set(finished.stdout.split()) == set()


def every_help(group, path=()):
    yield [*path, "--help"]
    for name, command in getattr(group, "commands", {}).items():
        yield from every_help(command, (*path, name))


def test_helps():
    from colorlab.cli.main import main

    helps = list(every_help(main))
    assert len(helps) >= 13
    for work, (status, said, loaded) in done(*helps, ["--version"]).items():
        assert status == 0, (work, said)
        assert loaded == {}, work


@pytest.fixture(scope="module")
def strokes(tmp_path_factory):
    """One stroke for CHINA."""
    path = tmp_path_factory.mktemp("strokes") / "strokes.png"
    with Image.open(CHINA) as photograph:
        layer = Image.new("RGBA", photograph.size)
    layer.paste("#a05028", (20, 20, 200, 30))
    layer.save(path)
    return path


def test_commands_that_need_no_keras(tmp_path, strokes):
    found = done(
        ["segment", CHINA, "-o", tmp_path / "a.jpg", "--palette", "#203060,#e0c080"],
        ["scribble", CHINA, strokes, "-o", tmp_path / "b.jpg"],
        ["scribble", CHINA, strokes, "-o", tmp_path / "c.jpg", "--hints"],  # ONNX Runtime, not Keras
        ["colorize", CHINA, "-o", tmp_path / "colorized", "--look", "vivid", "--native", "--style", CAT],
        ["data", "pack", DATA / "pocket" / "animal", "-o", tmp_path / "packed"],
        ["data", "info", "pocket"],
        ["run", "01", "--prepare-only", "-p", "photographs", "2", "-o", tmp_path],
        ["report", "--figure", "told", "-o", tmp_path / "told.svg"],
        modules=MODULES,  # faster than imports in each fork
    )
    for work, (status, said, loaded) in found.items():
        assert status == 0, (work, said)
        assert loaded == {}, work
    written = {"a.jpg", "b.jpg", "c.jpg", "colorized", "packed", "01_lab_conversion.ipynb", "told.svg"}
    assert {path.name for path in tmp_path.iterdir()} == written


def wrong(folder, strokes):
    """Arguments that are answered with a sentence -> a part of it."""
    out = folder / "out"
    return {
        ("nothing",): "No such command",
        ("colorize", CAT, "--nothing"): "No such option",
        ("colorize", folder / "no.jpg", "-o", out): "there is no such file",
        ("colorize", CAT, "-o", out, "--style", folder / "no.jpg"): "there is no such file",
        ("colorize", CAT, "-o", out, "--weights", folder / "no.h5"): f"there is no {folder / 'no.h5'}",
        ("colorize", CAT, "-o", out, "--look", "nothing"): "'nothing' is not one of",
        ("colorize", CAT, "-o", out, "--saturation", "-1"): "saturation",
        ("segment", folder / "no.jpg", "-o", folder / "a.jpg", "--palette", "#203060"): "there is no such file",
        ("segment", CAT, "-o", folder / "a.txt", "--palette", "#203060"): "no format that can be written",
        ("scribble", folder / "no.jpg", strokes, "-o", folder / "a.jpg", "--hints"): "there is no such file",
        ("scribble", CHINA, strokes, "-o", folder / "a.txt", "--hints"): "no format that can be written",
        ("scribble", CHINA, strokes, "-o", folder / "a.jpg", "--hints", "--weights", folder / "no"): "no: give a file",
        ("evaluate", "nothing"): "no data set 'nothing'",
        ("evaluate", "pocket", "--split", "nothing"): "no split 'nothing'",
        ("evaluate", "pocket", "--weights", folder / "no.h5"): f"there is no {folder / 'no.h5'}",
        ("train", "nothing"): "there is no recipe 'nothing'",
        ("train", "places", "--dataset", "nothing"): "no data set 'nothing'",
        ("search", "nothing"): "no data set 'nothing'",
        ("search", "pocket", "--images", "10", "-o", folder / "search.log"): "too few",
        ("data", "info", "nothing"): "no data set 'nothing'",
        ("data", "pack", folder / "no", "-o", out): "does not exist",
        ("report", "--figure", "nothing", "-o", folder / "a.png"): "there is no figure 'nothing'",
        ("report", "--runs", folder / "no", "-o", folder / "a.pdf"): "there is no folder",
        ("run", "nothing"): "no notebook nothing",
        ("run", "01", "-p", "nothing", "1", "-o", out): "has no parameter `nothing`",
        ("run", "01", "-p", "photographs", "many", "-o", out): "wants int",
    }


def test_wrong_input_is_answered_first(tmp_path, strokes):
    expected = wrong(tmp_path, strokes)
    found = done(*expected, modules=MODULES)
    for (status, said, loaded), part, work in zip(found.values(), expected.values(), found, strict=True):
        assert status in (1, 2) and part in said, (work, said)
        assert loaded == {}, work
    assert list(tmp_path.iterdir()) == []
