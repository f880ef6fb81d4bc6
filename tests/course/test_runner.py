"""The runner, on tiny notebooks made here; then the notebooks of the course, with every profile."""

import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from making import PROFILES, USES, cell, notebook_at, sources_of

from colorlab.base.errors import BadInput
from colorlab.course import checks, runner
from colorlab.course.notebook import METADATA, course, source_digest


def text(path):
    """What the cells printed or returned."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [output.get("text") or output.data["text/plain"] for output in outputs]


def test_nothing_runs_when_a_parameter_is_refused(folder):
    for overrides in ([("alhpa", "1")], [("steps", "5.5")]):
        with pytest.raises(BadInput):
            runner.run("09", None, overrides, folder / "out")
    assert not (folder / "ran").exists()
    assert not (folder / "out").exists()


def test_prepare_writes_the_parameters_and_executes_nothing(folder):
    out = runner.prepare("09", "smoke", [("alpha", "1")], folder / "out")
    assert out == folder / "out" / "09_training.ipynb"
    injected = sources_of(out)[1]
    assert dict(line.split(" = ") for line in injected.splitlines()[1:]) == {
        "steps": "1",
        "quick": "True",
        "alpha": "1.0",
    }
    assert not (folder / "ran").exists()
    assert nbformat.read(out, as_version=4).metadata == METADATA  # papermill leaves its own
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_run_with_other_parameters(folder):
    """What a notebook sees, and that nothing of the machine is left in its file."""
    slowly = "import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.3)"
    path = notebook_at(folder / "x.ipynb", USES, "import os, sys\nprint(os.getcwd(), sys.executable)", slowly)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"] = {"name": "of-another-machine", "display_name": "", "language": "julia"}
    nbformat.write(notebook, path)

    out = runner.run(path, "smoke", [("alpha", "1e-5")], folder / "out" / "y.ipynb")

    assert out == folder / "out" / "y.ipynb"
    assert text(out) == [
        "1e-05 1 ['beach'] True one\n",
        f"{folder} {sys.executable}\n",
        "0\n1\n2\n",  # one output, not one for each time the kernel flushed
    ]
    notebook = nbformat.read(out, as_version=4)
    digest = {"source_digest": source_digest(notebook)}
    assert notebook.metadata == {**METADATA, "colorlab": digest}
    assert [cell.metadata for cell in notebook.cells] == [
        {}, {"tags": ["parameters"]}, {"tags": ["injected-parameters"]}, {}, {}, {},
    ]  # fmt: skip
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize(
    "profile, overrides, where", [(None, [], "course"), ("smoke", [], "smoke"), ("smoke", [("alpha", "1")], "own")]
)
def test_what_has_other_values_does_not_take_the_place_of_the_course(folder, monkeypatch, profile, overrides, where):
    monkeypatch.setattr(runner, "EXECUTED", folder / "runs" / "course")
    assert runner.prepare("09", profile, overrides).parent == folder / "runs" / where


def test_a_run_in_place_with_the_notebooks_own_values_can_be_committed(folder):
    path = notebook_at(folder / "x.ipynb", USES)
    before = sources_of(path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(2, cell("steps = 99", "injected-parameters"))  # left over from an earlier run
    nbformat.write(notebook, path)
    assert runner.run(path, out=path) == path
    assert sources_of(path) == before
    assert text(path) == ["5.0 3 ['beach'] False one\n"]
    assert checks.problems(path) == []


def test_the_command_names_the_failed_cell_and_keeps_the_earlier_result(folder):
    fails = "# fail\nraise ValueError('long\\nstory')"
    path = notebook_at(folder / "x.ipynb", "print('before')", fails, "open('ran', 'w').close()")
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

    notebook_at(path, "print('mended')")
    runner.run(path, out=folder / "out")
    assert [path.name for path in (folder / "out").iterdir()] == ["x.ipynb"]


def test_a_kernel_that_dies(folder):
    path = notebook_at(folder / "x.ipynb", "import os; os._exit(1)")
    with pytest.raises(BadInput, match=r"x.ipynb: cell \[2\] `import os; os._exit\(1\)` ended its kernel"):
        runner.run(path, out=folder / "out")
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
    time.sleep(6)  # training finishes its step and saves a checkpoint here
    pathlib.Path('told').touch()
    raise
"""
    path = notebook_at(folder / "x.ipynb", waits)
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
    start = "from colorlab.cli.main import main; main()"
    return [sys.executable, "-c", f"{hear}; {start}", "run", str(path), "-o", str(out)]


def wait_for(path):
    for _ in range(300):
        if path.exists() and path.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} did not appear")


# ---- the course


@pytest.mark.parametrize("path", course(), ids=lambda path: path.stem)
@pytest.mark.parametrize("profile", PROFILES)
def test_the_notebook_takes_every_profile(path, profile, tmp_path):
    out = runner.prepare(path, profile, out=tmp_path)
    assert profile != "cpu" or sources_of(out) == sources_of(path)  # cpu: the values that stand in the notebooks
