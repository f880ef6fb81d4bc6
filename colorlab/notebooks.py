"""Runs the notebooks: papermill, made strict.

papermill executes a notebook and writes values for the cell tagged `parameters` into a new cell below it. It
lets much pass that makes a long run worthless: an unknown name is only a warning, "5.5" will do for a whole
number, a killed run leaves half a notebook. Here that is an error, found before anything runs.

Every notebook runs in its own folder, as it does in JupyterLab; the package knows where the project lies. One on S3
(s3://…) runs in the folder of the course; a result for S3 is made in runs/s3 and copied there when it is whole.
"""

import hashlib
import json
import logging
import os
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from traitlets.config import Config

from colorlab import ROOT, BadInput, s3
from colorlab.parameters import NOTEBOOKS, chosen, near, parameters
from colorlab.progress import Progress

# A kernel that is asked to stop gets this long to finish a step of its training and to write a checkpoint, seconds.
# (jupyter_client would give it 5; a spot instance is taken away after 120.)
TIME_TO_STOP = 60
EXECUTED = ROOT / "runs" / "course"
PYTHON = {"kernel_name": "python3", "language": "python"}  # whatever the notebook's metadata names
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def course() -> list[Path]:
    """The course's notebooks in reading order."""
    return sorted(path for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb") if "." not in path.stem)


def find(notebook: str | Path) -> Path | str:
    """A path, or the name or number of a notebook of the course ("09_gpu_training", "09", "9"); s3://… as it is."""
    if s3.is_on_s3(notebook):
        return notebook
    if Path(notebook).is_file():
        return Path(notebook).resolve()
    stem = str(notebook).zfill(2)
    for path in course():
        if path.stem == stem or path.stem.startswith(f"{stem}_"):
            return path
    hint = near(Path(notebook).stem, [path.stem for path in course()])
    raise BadInput(f"no notebook {notebook}{hint}: give a path, or a name or number in {NOTEBOOKS}")


def read(path: Path | str) -> nbformat.NotebookNode:
    on_s3 = s3.is_on_s3(path)
    text = s3.read(path) if on_s3 else None
    try:
        notebook = nbformat.reads(text, as_version=4) if on_s3 else nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat fails in many ways on a file that is no notebook
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"{path} is not a notebook ({reason[:100]})") from None
    return notebook


def prepare(notebook, profile: str | None = None, overrides=(), out: str | Path | None = None) -> Path:
    """Write the notebook with its parameters to `out` without executing it (nbval does that)."""
    path, content, values = _prepared(notebook, profile, overrides)
    content = papermill.execute_notebook(content, None, values, prepare_only=True, **PYTHON)
    return _write(_cleaned(content), _place(path, out or _usual(profile, overrides)))


def run(notebook, profile: str | None = None, overrides=(), out: str | Path | None = None) -> Path:
    """Execute a notebook; `out` is only ever a whole one. Without it: see `_usual`.

    While it runs it is <out>.running.ipynb, and what ends early (an error, a dead kernel, Ctrl-C) stays as
    <out>.failed.ipynb. Raises BadInput naming the cell that failed.
    """
    if out and s3.is_on_s3(out):
        return _run_for_s3(notebook, profile, overrides, _place(find(notebook), out))
    path, content, values = _prepared(notebook, profile, overrides)
    out = _place(path, out or _usual(profile, overrides))
    running, failed = _beside(out, "running"), _beside(out, "failed")
    try:
        running.touch()
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}): choose another place with -o") from None
    cells = sum(is_code(cell) and bool(cell.source.strip()) for cell in content.cells) + bool(values)
    progress = _CellProgress(Path(path).stem, cells)
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # this environment's python3, not the home folder's
    try:
        executed = papermill.execute_notebook(
            content,
            running,
            values,
            cwd=NOTEBOOKS if s3.is_on_s3(path) else path.parent,
            progress_bar=False,
            record_timing=False,
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],  # the rest: noise when it starts and stops
            on_cell_execute=progress.cell_starts,
            config=Config(KernelManager={"shutdown_wait_time": TIME_TO_STOP}),
            **PYTHON,
        )
    except BaseException as error:
        if running.exists():
            os.replace(running, failed)
        why = _sentence(error, progress)
        if why is None:  # Ctrl-C, or a bug
            logging.getLogger("asyncio").disabled = True  # what waited for the kernel would report its end
            raise
        raise BadInput(f"{Path(path).name}: {why}; what ran is in {failed}") from None
    finally:
        progress.close()
    executed = _cleaned(executed)
    executed.metadata["colorlab"] = {"source_digest": source_digest(executed)}
    failed.unlink(missing_ok=True)
    return _write(executed, out)


def _run_for_s3(notebook, profile, overrides, out):
    """Run here, in runs/s3, then copy the result, or what ran before an error or a stop, to S3."""
    s3.reach(out)
    kept = Path(os.environ.get("COLORLAB_RUNS", ROOT / "runs"))  # runs.RUNS, whose import would start Keras
    here = kept / "s3" / out.removeprefix(s3.SCHEME)
    failed, failed_there = _beside(here, "failed"), _beside(out, "failed")
    failed.unlink(missing_ok=True)  # of an earlier run
    try:
        run(notebook, profile, overrides, here)
    except BaseException as error:
        if not failed.exists():
            raise
        try:
            s3.write(failed.read_text("utf-8"), failed_there)
            copied = f"and in {failed_there}"
        except BadInput as unwritten:
            copied = f"but {unwritten}"
        if isinstance(error, BadInput):
            raise BadInput(f"{error}, {copied}") from None
        raise
    try:
        s3.write(here.read_text("utf-8"), out)
    except BadInput as unwritten:
        raise BadInput(f"{unwritten}; the result is in {here}") from None
    return out


class _CellProgress(Progress):
    """The running cell: one line that is replaced in a terminal, one line a cell in a log file."""

    SECONDS_BETWEEN_LOG_LINES = 0

    def __init__(self, title, cells):
        self.title = title
        self.cell = "the kernel"
        start = f"{title}: the kernel starts"
        super().__init__(total=cells, desc=start, bar_format="{elapsed} {desc}", leave=False)

    def cell_starts(self, cell, cell_index):  # nbclient calls it by these names
        self.n += 1
        self.cell = _cell_name(self.n, cell.source)
        self.set_description_str(f"{self.title} ({self.total} cells): {self.cell}")

    def close(self):
        if self.fp.isatty():  # elsewhere there is no line to clear
            super().close()


def _prepared(notebook, profile, overrides):
    path = find(notebook)
    content = read(path)
    content.cells = [cell for cell in content.cells if not is_injected(cell)]  # of an earlier run
    name = Path(path).name
    return path, content, chosen(parameters(content, name), name, profile, overrides)


def _usual(profile, overrides) -> Path:
    """runs/course, which `make course` fills, is for the notebooks' own values; others don't take their place there."""
    return EXECUTED.with_name("own") if overrides else EXECUTED.with_name(profile) if profile else EXECUTED


def _place(path: Path | str, out) -> Path | str:
    """Where the result goes: `out` is a notebook or else a folder. Makes the folder, but on S3, which has none."""
    if s3.is_on_s3(out):
        return out if out.endswith(".ipynb") else f"{out.rstrip('/')}/{Path(path).name}"
    out = Path(out).resolve()
    if out.suffix != ".ipynb":
        out = out / Path(path).name
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}): choose another place with -o") from None
    return out


def _beside(out, state):
    return f"{out.removesuffix('.ipynb')}.{state}.ipynb" if s3.is_on_s3(out) else out.with_suffix(f".{state}.ipynb")


def _write(notebook, out):
    if s3.is_on_s3(out):
        s3.write(nbformat.writes(notebook), out)
        return out
    nbformat.write(notebook, _beside(out, "running"))
    os.replace(_beside(out, "running"), out)
    return out


def _cleaned(notebook):
    """Without what tells of this machine and hour, so that two runs differ only where their results do."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
        if is_code(cell):
            cell.outputs = _joined(cell.outputs)
    return notebook


def _joined(outputs):
    """Neighbouring pieces of a stream made one: where the kernel cuts them is a matter of timing."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == last.get("output_type") == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _sentence(error, progress):
    match error:
        case papermill.PapermillExecutionError():
            cell = _cell_name(error.exec_count, error.source)
            return f"{cell} failed with {error.ename}: {_last_line(error.evalue)}"
        case DeadKernelError():
            return f"{progress.cell} ended its kernel (out of memory?)"


def source_digest(notebook) -> str:
    """SHA-256 of all code, kept in the notebook by `run`: it tells when a cell was edited after it ran."""
    sources = [cell.source for cell in notebook.cells if is_code(cell)]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def is_code(cell):
    return cell.cell_type == "code"


def is_injected(cell):
    return "injected-parameters" in cell.metadata.get("tags", [])


def _cell_name(number, source):
    return f"cell [{number}] `{first_line(source)}`"


def first_line(source):
    return (source.strip().splitlines() or ["empty"])[0][:60]


def _last_line(text):
    return (text.strip().splitlines() or ["no message"])[-1]
