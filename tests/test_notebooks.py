"""The runner, on tiny notebooks made here; then the notebooks of the course as they are committed."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from colorlab import BadInput, notebook_checks, notebooks, parameters

PARAMETERS = """\
alpha: float = 5.0  # weight of the scene loss
steps: int = 3  # how many
scenes: list[str] = ["beach"]  # which
quick: bool = False  # leave out what takes long
title = "one"  # no annotation: its type is that of the value
"""
USES = "print(alpha, steps, scenes, quick, title)"


def cell(source, tag=None):
    return new_code_cell(source, metadata={"tags": [tag]} if tag else {})


def write(path, *sources, parameters=PARAMETERS):
    cells = [new_markdown_cell("# A notebook"), cell(parameters, "parameters"), *map(cell, sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def sources(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def text(path):
    """What the cells printed or returned."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [output.get("text") or output.data["text/plain"] for output in outputs]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A course of its own, with one notebook and one profile."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "smoke.yaml").write_text("steps: 1\nquick: true\nelsewhere: 7\n")
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(parameters, "NOTEBOOKS", tmp_path)
    write(tmp_path / "09_training.ipynb", USES, "open('ran', 'w').close()")
    return tmp_path


# ---- which notebook


@pytest.mark.parametrize("name", ["09_training", "09", "9", "{folder}/09_training.ipynb"])
def test_a_notebook_is_found_by_path_name_or_number(folder, name):
    assert notebooks.find(name.format(folder=folder)) == folder / "09_training.ipynb"


def test_what_the_runner_leaves_beside_a_notebook_is_not_of_the_course(folder):
    write(folder / "09_training.failed.ipynb")
    write(folder / "scratch.ipynb")
    assert [path.name for path in notebooks.course()] == ["09_training.ipynb"]


def test_a_notebook_that_is_not_there_names_the_near_one(folder):
    with pytest.raises(BadInput, match="no notebook 09_trainign, did you mean `09_training`"):
        notebooks.find("09_trainign")


@pytest.mark.parametrize("content", ["", "[]", "{}", "text", '{"nbformat": 9}', '{"cells": 3}', "\udcff"])
def test_a_file_that_is_no_notebook(tmp_path, content):
    path = tmp_path / "x.ipynb"
    path.write_text(content, errors="surrogateescape")
    with pytest.raises(BadInput, match="x.ipynb is not a notebook"):
        notebooks.read(path)


# ---- the parameters


def declared(source=PARAMETERS):
    return notebooks.parameters(new_notebook(cells=[cell(source, "parameters")]), "x.ipynb")


def test_parameters_have_the_type_of_annotation_or_value():
    kinds = {name: (p.kind, p.default) for name, p in declared().items()}
    assert kinds == {
        "alpha": ("float", 5.0),
        "steps": ("int", 3),
        "scenes": ("list[str]", ["beach"]),
        "quick": ("bool", False),
        "title": ("str", "one"),
    }


@pytest.mark.parametrize("count", [0, 2])
def test_one_cell_is_tagged(count):
    notebook = new_notebook(cells=[cell("a = 1", "parameters") for _ in range(count)])
    with pytest.raises(BadInput, match=f"{count} cells are tagged `parameters`; wanted is one"):
        notebooks.parameters(notebook, "x.ipynb")


def test_the_tagged_cell_is_code():
    notebook = new_notebook(cells=[new_markdown_cell("a = 1", metadata={"tags": ["parameters"]})])
    with pytest.raises(BadInput, match="with code"):
        notebooks.parameters(notebook, "x.ipynb")


@pytest.mark.parametrize(
    "line",
    ["a = 2 * 3", "a: int = 2 * 3", "a = b = 1", "a = f(1)", "a = None", "a = (1, 2)", "a = {}", "a.b = 1"]
    + ["a: int", "a: int = 'x'", "a: list[int] = ['x']", "a: dict = {}", "a: int | None = 1"]
    + ["import os", "print(1)"],
)
def test_parameters_are_literals_of_few_types(line):
    with pytest.raises(BadInput, match="wanted is `name: type = literal`") as error:
        declared(line)
    assert line.split()[0] in str(error.value)


def test_a_parameters_cell_that_is_not_python():
    with pytest.raises(BadInput, match="not Python"):
        declared("a = = 1")


@pytest.mark.parametrize(
    "name, typed, value",
    [
        ("alpha", "1e-5", 1e-5),
        ("alpha", "2", 2.0),
        ("alpha", "-1", -1.0),
        ("steps", "010", 10),
        ("quick", "true", True),
        ("title", "5", "5"),
        ("title", "no", "no"),
        ("scenes", "[beach, forest]", ["beach", "forest"]),
        ("scenes", "[]", []),
    ],
)
def test_values_are_read_by_the_type_of_the_parameter(name, typed, value):
    chosen = parameters.chosen(declared(), "x.ipynb", overrides=[(name, typed)])
    assert chosen == {name: value}
    assert type(chosen[name]) is type(value)


@pytest.mark.parametrize(
    "name, typed",
    [
        ("steps", "5.5"),
        ("steps", "1e3"),
        ("steps", "true"),
        ("steps", ""),
        ("alpha", "five"),
        ("alpha", "true"),
        ("quick", "1"),
        ("quick", "maybe"),
        ("scenes", "beach"),
        ("scenes", "[1, 2]"),
        ("scenes", "[beach"),
    ],
)
def test_a_value_of_another_type_is_refused(name, typed):
    with pytest.raises(BadInput, match=f"-p: {name} is .*; x.ipynb wants {declared()[name].kind[:4]}"):
        parameters.chosen(declared(), "x.ipynb", overrides=[(name, typed)])


def test_an_unknown_name_is_refused_with_the_near_one():
    with pytest.raises(BadInput, match="no parameter `alhpa`, did you mean `alpha`"):
        parameters.chosen(declared(), "x.ipynb", overrides=[("alhpa", "1")])
    with pytest.raises(BadInput, match="no parameter `q`, only: alpha, steps"):
        parameters.chosen(declared(), "x.ipynb", overrides=[("q", "1")])


def test_the_later_source_wins_and_the_notebooks_own_values_are_left_out(folder):
    def chosen(*overrides):
        return parameters.chosen(declared(), "x.ipynb", "smoke", overrides)

    assert chosen() == {"steps": 1, "quick": True}  # `elsewhere` is for other notebooks
    assert chosen(("steps", "2"), ("alpha", "1")) == {"steps": 2, "quick": True, "alpha": 1.0}
    assert chosen(("steps", "3"), ("quick", "no"), ("alpha", "5")) == {}


@pytest.mark.parametrize(
    "content, reason",
    [
        ("- steps", "holds a list"),
        ("steps: [", "not YAML"),
        ("steps: 5.5", r"profiles/smoke.yaml: steps is 5.5; x.ipynb wants int"),
        ("steps: '5'", "wants int"),
        ("quick: 1", "wants bool"),
        ("steps: true", "wants int"),  # to Python True is an int
        ("alpha: 1e-5", "YAML needs the point in 1.0e-5"),  # plain papermill would hand the text "1e-5" over
    ],
)
def test_a_profile_that_does_not_fit(folder, content, reason):
    (folder / "profiles" / "smoke.yaml").write_text(content)
    with pytest.raises(BadInput, match=reason):
        parameters.chosen(declared(), "x.ipynb", "smoke")


def test_a_profile_that_is_not_there(folder):
    with pytest.raises(BadInput, match="no profile gpu"):
        parameters.chosen(declared(), "x.ipynb", "gpu")


def test_a_whole_number_will_do_for_a_float(folder):
    (folder / "profiles" / "smoke.yaml").write_text("a: 1")
    declares = declared("a: float = 5")
    assert repr(declares["a"].default) == "5.0"
    assert repr(parameters.chosen(declares, "x.ipynb", "smoke")) == "{'a': 1.0}"


def test_a_profile_of_comments_only_changes_nothing(folder):
    (folder / "profiles" / "cpu.yaml").write_text("# the notebooks' own values\n")
    assert parameters.chosen(declared(), "x.ipynb", "cpu") == {}


# ---- running


def test_nothing_runs_when_a_parameter_is_refused(folder):
    for overrides in ([("alhpa", "1")], [("steps", "5.5")]):
        with pytest.raises(BadInput):
            notebooks.run("09", None, overrides, folder / "out")
    assert not (folder / "ran").exists()
    assert not (folder / "out").exists()


def test_prepare_writes_the_parameters_and_executes_nothing(folder):
    out = notebooks.prepare("09", "smoke", [("alpha", "1")], folder / "out")
    assert out == folder / "out" / "09_training.ipynb"
    injected = sources(out)[1]
    assert dict(line.split(" = ") for line in injected.splitlines()[1:]) == {
        "steps": "1",
        "quick": "True",
        "alpha": "1.0",
    }
    assert not (folder / "ran").exists()
    assert nbformat.read(out, as_version=4).metadata == notebooks.METADATA  # papermill leaves its own
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_run_with_other_parameters(folder):
    """What a notebook sees, and that nothing of the machine is left in its file."""
    slowly = "import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.3)"
    path = write(folder / "x.ipynb", USES, "import os, sys\nprint(os.getcwd(), sys.executable)", slowly)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"] = {"name": "of-another-machine", "display_name": "", "language": "julia"}
    nbformat.write(notebook, path)

    out = notebooks.run(path, "smoke", [("alpha", "1e-5")], folder / "out" / "y.ipynb")

    assert out == folder / "out" / "y.ipynb"
    assert text(out) == [
        "1e-05 1 ['beach'] True one\n",
        f"{folder} {sys.executable}\n",
        "0\n1\n2\n",  # one output, not one for each time the kernel flushed
    ]
    notebook = nbformat.read(out, as_version=4)
    digest = {"source_digest": notebooks.source_digest(notebook)}
    assert notebook.metadata == {**notebooks.METADATA, "colorlab": digest}
    assert [cell.metadata for cell in notebook.cells] == [
        {}, {"tags": ["parameters"]}, {"tags": ["injected-parameters"]}, {}, {}, {},
    ]  # fmt: skip
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_run_in_place_with_the_notebooks_own_values_can_be_committed(folder):
    path = write(folder / "x.ipynb", USES)
    before = sources(path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(2, cell("steps = 99", "injected-parameters"))  # left over from an earlier run
    nbformat.write(notebook, path)
    assert notebooks.run(path, out=path) == path
    assert sources(path) == before
    assert text(path) == ["5.0 3 ['beach'] False one\n"]
    assert notebook_checks.problems(path) == []


def test_the_command_names_the_failed_cell_and_keeps_the_earlier_result(folder):
    fails = "# fail\nraise ValueError('long\\nstory')"
    path = write(folder / "x.ipynb", "print('before')", fails, "open('ran', 'w').close()")
    (folder / "out").mkdir()
    (folder / "out" / "x.ipynb").write_text("the earlier result")
    done = subprocess.run(command(path, folder / "out"), capture_output=True, text=True)
    assert done.returncode == 1
    *progress, message = done.stderr.splitlines()
    why, _, where = message.partition("; ")
    assert why == "Error: x.ipynb: cell [3] `# fail` failed with ValueError: story"
    assert where == f"what ran is in {folder / 'out' / 'x.failed.ipynb'}"
    assert len(progress) == 4  # in a log file: the start of the kernel, and a line for each cell
    assert progress[2].endswith("x (4 cells): cell [2] `print('before')`")
    assert "before\n" in (folder / "out" / "x.failed.ipynb").read_text().replace("\\n", "\n")
    assert (folder / "out" / "x.ipynb").read_text() == "the earlier result"
    assert not (folder / "ran").exists()
    assert not (folder / "out" / "x.running.ipynb").exists()

    write(path, "print('mended')")
    notebooks.run(path, out=folder / "out")
    assert [path.name for path in (folder / "out").iterdir()] == ["x.ipynb"]


def test_a_kernel_that_dies(folder):
    path = write(folder / "x.ipynb", "import os; os._exit(1)")
    with pytest.raises(BadInput, match=r"x.ipynb: cell \[2\] `import os; os._exit\(1\)` ended its kernel"):
        notebooks.run(path, out=folder / "out")
    assert [path.name for path in (folder / "out").iterdir()] == ["x.failed.ipynb"]


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_stops_its_kernel(folder, number, status):
    waits = """
import os, pathlib, time
pathlib.Path('pid').write_text(str(os.getpid()))
print('waits', flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    pathlib.Path('told').touch()  # training saves its checkpoint here
    raise
"""
    path = write(folder / "x.ipynb", waits)
    running = subprocess.Popen(command(path, folder / "out"), stderr=subprocess.PIPE, text=True)
    wait_for(folder / "pid")
    running.send_signal(number)
    _, messages = running.communicate(timeout=20)
    assert running.returncode == status
    assert messages.splitlines()[-1].startswith("Stopped. The same command starts again")
    assert "Traceback" not in messages
    assert (folder / "told").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)
    assert [path.name for path in (folder / "out").iterdir()] == ["x.failed.ipynb"]


def command(path, out):
    """`colorlab run`, which hears Ctrl-C even where a shell started these tests in the background."""
    hear = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = "from colorlab.cli import main; main()"
    return [sys.executable, "-c", f"{hear}; {start}", "run", str(path), "-o", str(out)]


def wait_for(path):
    for _ in range(300):
        if path.exists() and path.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} did not appear")


# ---- what must not be committed


def executed():
    """A notebook as the runner leaves it, without the runner."""
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# A notebook, see https://example.org/home/x and https://work.example.org"),
            cell(PARAMETERS, "parameters"),
            cell(f"%precision 3\n{USES}"),
            new_code_cell("steps", outputs=[new_output("execute_result", {"text/plain": "3"})]),
        ]
    )
    for number, code in enumerate(notebook.cells[1:], 1):
        code.execution_count = number
    notebook.metadata["colorlab"] = {"source_digest": notebooks.source_digest(notebook)}
    return notebook


def never_executed(notebook):
    notebook.cells[3].execution_count = None


def out_of_order(notebook):
    notebook.cells[3].execution_count = 7


def edited_after(notebook):
    notebook.cells[3].source = "steps + 1"


def cell_removed(notebook):
    del notebook.cells[3]


def failed(notebook):
    notebook.cells[3].outputs = [new_output("error", ename="ValueError", evalue="", traceback=[])]


def injected(notebook):
    notebook.cells[3].metadata["tags"] = ["injected-parameters"]


def untagged(notebook):
    notebook.cells[1].metadata = {}


def computed(notebook):
    notebook.cells[1].source += "more = 2 * 3  # x"


def unused(notebook):
    notebook.cells[1].source += "left_over: int = 3  # not read by any cell"


def uncommented(notebook):
    notebook.cells[1].source += "more: int = 3"
    notebook.cells[2].source += "; more"


def badly_commented(notebook):
    notebook.cells[1].source += "more: int = 3  # papermill reads no line with a second ="
    notebook.cells[2].source += "; more"


def path_in_source(notebook):
    notebook.cells[2].source += "; open('/tmp/x')"


def path_in_text(notebook):
    notebook.cells[0].source += " in `/home/me/colorlab`"


def path_in_result(notebook):
    notebook.cells[3].outputs[0].data["text/plain"] = "PosixPath('/work/main/data')"


def path_in_stream(notebook):
    notebook.cells[3].outputs.append(new_output("stream", text="file:///root/x saved"))


def too_large(notebook):
    notebook.cells[3].outputs[0].data["image/png"] = "+/tmp+" + "A" * 1_000_000  # base64 can spell a path


def old_format(notebook):
    notebook.nbformat_minor = 4
    for each in notebook.cells:
        del each["id"]


DEFECTS = [
    (never_executed, "`steps` has not been executed"),
    (out_of_order, r"in the order \[1, 2, 7\]"),
    (edited_after, "not the code that was executed"),
    (cell_removed, "not the code that was executed"),
    (failed, "`steps` failed with ValueError"),
    (injected, "other parameters than its own"),
    (untagged, "0 cells are tagged"),
    (computed, "`more = 2 \\* 3` in the parameters cell"),
    (unused, "parameter left_over is not used"),
    (uncommented, "parameter more has no comment"),
    (badly_commented, "parameter more has no comment"),
    (path_in_source, "/tmp/x"),
    (path_in_text, "/home/me/colorlab"),
    (path_in_result, "/work/main/data"),
    (path_in_stream, "/root/x"),
    (too_large, "1.0 MB"),
    (old_format, "the format is 4.4"),
]


@pytest.mark.parametrize("damage, found", DEFECTS, ids=[damage.__name__ for damage, _ in DEFECTS])
def test_a_notebook_that_must_not_be_committed(tmp_path, damage, found):
    notebook = executed()
    damage(notebook)
    if damage not in (edited_after, cell_removed):  # the others are each the only problem
        notebook.metadata["colorlab"]["source_digest"] = notebooks.source_digest(notebook)
    (tmp_path / "x.ipynb").write_text(json.dumps(notebook))
    (problem,) = notebook_checks.problems(tmp_path / "x.ipynb")
    assert re.search(found, problem)


def test_a_notebook_that_may_be_committed(tmp_path):
    nbformat.write(executed(), tmp_path / "x.ipynb")
    assert notebook_checks.problems(tmp_path / "x.ipynb") == []


# ---- the course

COURSE = notebooks.course()
PROFILES = ("smoke", "cpu", "gpu")
each_notebook = pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)


@each_notebook
def test_the_committed_notebook_is_whole(path):
    assert notebook_checks.problems(path) == []


@each_notebook
@pytest.mark.parametrize("profile", PROFILES)
def test_the_notebook_takes_every_profile(path, profile, tmp_path):
    out = notebooks.prepare(path, profile, out=tmp_path)
    assert profile != "cpu" or sources(out) == sources(path)  # cpu: the values that stand in the notebooks


@pytest.mark.skipif(not COURSE, reason="there are no notebooks yet")
@pytest.mark.parametrize("profile", PROFILES)
def test_every_name_in_a_profile_is_a_parameter_of_some_notebook(profile):
    known = {name for path in COURSE for name in notebooks.parameters(notebooks.read(path), path.name)}
    assert set(parameters.profile_values(profile)) <= known
