"""Run the notebooks with papermill, with stricter checks.

papermill executes a notebook and writes values for the cell tagged `parameters` into a new cell below it. It accepts
much that makes a long run worthless: it only warns of an unknown name, it takes "5.5" for a whole number, and if it is
killed, half a notebook is left. Here a wrong name or value is an error before anything runs. A result is a whole one.

Every notebook runs in its own folder, as in JupyterLab. The package finds the project by itself.
"""

import logging
import os
from pathlib import Path

import nbformat

from colorlab.base.errors import BadInput
from colorlab.base.files import refuse_place, replacing
from colorlab.base.paths import ROOT
from colorlab.base.progress import Progress
from colorlab.course.notebook import METADATA, find, first_line, is_code, read, source_digest, with_parameters
from colorlab.course.parameters import chosen, parameters

# How long a kernel that is asked to stop may take to finish a training step and write a checkpoint, in seconds.
# (jupyter_client's default is 5; a spot instance is taken away after 120.)
TIME_TO_STOP = 60
EXECUTED = ROOT / "runs" / "course"


def prepare(notebook, profile: str | None = None, overrides=(), out: str | Path | None = None) -> Path:
    """Write the notebook with its parameters to `out` and execute nothing: nbval executes what this prepares."""
    path, content = _prepared(notebook, profile, overrides)
    return _write(_cleaned(content), _place(path, _usual(profile, overrides) if out is None else out))


def run(
    notebook, profile: str | None = None, overrides=(), out: str | Path | None = None, folder: Path | None = None
) -> Path:
    """Execute a notebook, and write it to `out` when it is complete.

    out : a notebook or a folder; without it, the folder that `_usual` gives.
    folder : the working directory of the notebook, by default its own.

    A notebook that runs is <out>.running.ipynb. One that ends early (an error, a dead kernel, Ctrl-C) stays as
    <out>.failed.ipynb. Raises BadInput, which names the cell that failed.
    """
    path, content = _prepared(notebook, profile, overrides)
    out = _place(path, _usual(profile, overrides) if out is None else out)
    running, failed = beside(out, "running"), beside(out, "failed")
    try:
        running.touch()
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}): choose another place with -o") from None
    import papermill  # imports all of Jupyter, so only when the input is right
    from traitlets.config import Config

    cells = sum(is_code(cell) and bool(cell.source.strip()) for cell in content.cells)
    progress = _CellProgress(path.stem, cells)
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # this environment's kernel, not the home folder's
    try:
        executed = papermill.execute_notebook(
            content,
            running,
            cwd=folder or path.parent,
            progress_bar=False,
            record_timing=False,
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],  # it logs noise when it starts and stops
            on_cell_execute=progress.cell_starts,
            config=Config(KernelManager={"shutdown_wait_time": TIME_TO_STOP}),
            kernel_name="python3",  # whatever kernel the notebook's metadata names
            language="python",
        )
    except BaseException as error:
        if running.exists():
            os.replace(running, failed)
        why = _sentence(error, progress)
        if why is None:  # Ctrl-C, or a bug
            logging.getLogger("asyncio").disabled = True  # it would report tasks that still wait for the kernel
            raise
        raise BadInput(f"{path.name}: {why}; what ran is in {failed}") from None
    finally:
        progress.close()
    executed = _cleaned(executed)
    executed.metadata["colorlab"] = {"source_digest": source_digest(executed)}
    failed.unlink(missing_ok=True)
    return _write(executed, out)


class _CellProgress(Progress):
    """Shows the cell that runs: in one line that is replaced, in a terminal; in a line for each cell, in a log file."""

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
    values = chosen(parameters(content, path.name), path.name, profile, overrides)
    return path, with_parameters(content, values)


def _usual(profile, overrides) -> Path:
    """Return the folder for results: runs/course for the notebooks' own values, and others for other values.

    `make course` fills runs/course: what ran with other values must not take the place of its results.
    """
    return EXECUTED.with_name("own") if overrides else EXECUTED.with_name(profile) if profile else EXECUTED


def _place(path: Path, out) -> Path:
    """Return the file of the result. `out` is that file, or a folder, which is made if it is not there."""
    wanted = "file" if Path(out).suffix == ".ipynb" else "folder"
    refuse_place(out, wanted)
    out = Path(out).resolve()
    if wanted == "folder":
        out = out / path.name
    for file in (out, beside(out, "running"), beside(out, "failed")):
        refuse_place(file, "file")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}): choose another place with -o") from None
    return out


def beside(out: Path, state: str) -> Path:
    """Return the path <out>.<state>.ipynb."""
    return out.with_suffix(f".{state}.ipynb")


def _write(notebook, out):
    try:
        with replacing(out) as temporary:
            nbformat.write(notebook, temporary)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}): choose another place with -o") from None
    beside(out, "running").unlink(missing_ok=True)
    return out


def _cleaned(notebook):
    """Remove what depends on the machine and the time, so that two runs differ only where their results do."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
        if is_code(cell):
            cell.outputs = _joined(cell.outputs)
    return notebook


def _joined(outputs):
    """Join neighbouring pieces of one stream: where the kernel cuts a stream depends on timing."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == last.get("output_type") == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _sentence(error, progress):
    """Return what went wrong in the notebook, as a sentence; None for an error that is not the notebook's."""
    import papermill
    from nbclient.exceptions import DeadKernelError

    match error:
        case papermill.PapermillExecutionError():
            cell = _cell_name(error.exec_count, error.source)
            return f"{cell} failed with {error.ename}: {_last_line(error.evalue)}"
        case DeadKernelError():
            return f"{progress.cell} ended its kernel (out of memory?)"


def _cell_name(number, source):
    return f"cell [{number}] `{first_line(source)}`"


def _last_line(text):
    return (text.strip().splitlines() or ["no message"])[-1]
