"""Runs the notebooks: papermill, made strict.

papermill executes a notebook and writes values for the cell tagged `parameters` into a new cell below it. It
lets much pass that makes a long run worthless: an unknown name is only a warning, "5.5" will do for a whole
number, a killed run leaves half a notebook. Here that is an error, found before anything runs.

A value comes from the notebook itself, from a profile (notebooks/profiles/smoke.yaml: names and values that
the notebooks share; a name that a notebook lacks is not for it), or from `-p NAME VALUE`; the later wins.
Every notebook runs in its own folder, as it does in JupyterLab; the package knows where the project lies.
"""

import ast
import difflib
import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from nbclient.exceptions import DeadKernelError

from colorlab import ROOT, BadInput
from colorlab.progress import Progress

NOTEBOOKS = ROOT / "notebooks"
EXECUTED = ROOT / "runs" / "course"
PYTHON = {"kernel_name": "python3", "language": "python"}  # whatever the notebook's metadata names
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
KINDS = re.compile(r"(int|float|bool|str)|list(\[(int|float|bool|str)\])?")
# Folders of one person's machine. Not in `https://home/`, `</root>` or `a/tmp`.
MACHINE_PATH = re.compile(r"(?<![\w.<~-])(?<!:/)/(?:home|work|tmp|root|Users|private/var)\b[^\s'\"<>]*")


def course() -> list[Path]:
    """The course's notebooks in reading order."""
    return sorted(path for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb") if "." not in path.stem)


def find(notebook: str | Path) -> Path:
    """A path, or the name or number of a notebook of the course ("09_gpu_training", "09", "9")."""
    if Path(notebook).is_file():
        return Path(notebook).resolve()
    stem = str(notebook).zfill(2)
    for path in course():
        if path.stem == stem or path.stem.startswith(f"{stem}_"):
            return path
    near = _near(Path(notebook).stem, [path.stem for path in course()])
    raise BadInput(f"no notebook {notebook}{near}: give a path, or a name or number in {NOTEBOOKS}")


def read(path: Path) -> nbformat.NotebookNode:
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat fails in many ways on a file that is no notebook
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"{path} is not a notebook ({reason[:100]})") from None
    return notebook


# ---- parameters


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: str  # as KINDS
    default: object


def parameters(notebook: nbformat.NotebookNode, title: str) -> dict[str, Parameter]:
    """What the one cell tagged `parameters` declares: `alpha: float = 5.0  # weight of the scene loss`."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1 or cells[0].cell_type != "code":
        raise BadInput(f"{title}: {len(cells)} cells are tagged `parameters`; wanted is one, with code")
    try:
        statements = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise BadInput(f"{title}: the parameters cell is not Python ({error})") from None
    declared = [_parameter(statement, title) for statement in statements]
    return {parameter.name: parameter for parameter in declared}


def _parameter(statement: ast.stmt, title: str) -> Parameter:
    try:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
                default, kind = ast.literal_eval(value), ast.unparse(annotation)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                default = ast.literal_eval(value)
                kind = type(default).__name__
            case _:
                raise ValueError
        if not KINDS.fullmatch(kind):
            raise ValueError
        return Parameter(name, kind, _typed(default, kind))
    except ValueError:
        raise BadInput(
            f"{title}: `{ast.unparse(statement)}` in the parameters cell; wanted is `name: type = literal` "
            "with int, float, bool, str or list"
        ) from None


def _typed(value, kind):
    """`value` if it is of that kind, else ValueError. An int will do for a float, but True not for an int."""
    kind, _, items = kind.rstrip("]").partition("[")
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value).__name__ != kind:
        raise ValueError(f"{value!r} is not of type {kind}")
    return [_typed(item, items) for item in value] if items else value


def _parsed(text, kind):
    """A value as typed on the command line; the text itself, for _typed to refuse, if it can't be read.

    Numbers are read by Python: to YAML 1e-5 is text and 010 is eight.
    """
    try:
        return {"int": int, "float": float, "str": str}.get(kind, yaml.safe_load)(text)
    except (ValueError, yaml.YAMLError):
        return text


def profile_values(profile: str | None) -> dict:
    """The names and values of a profile; none without one."""
    if profile is None:
        return {}
    path = NOTEBOOKS / "profiles" / f"{profile}.yaml"
    try:
        values = yaml.safe_load(path.read_text()) or {}
    except FileNotFoundError:
        raise BadInput(f"no profile {profile}: there is no {path}") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is not YAML ({error.problem})") from None
    if not isinstance(values, dict):
        raise BadInput(f"{path} holds a {type(values).__name__}; wanted are lines `name: value`")
    return values


def chosen(declared: dict[str, Parameter], title: str, profile=None, overrides=()) -> dict:
    """The values that differ from the notebook's own. `overrides` are pairs as typed: ("alpha", "5")."""
    values = {}
    for name, value in profile_values(profile).items():
        if name in declared:
            values[name] = _checked(declared[name], value, f"profiles/{profile}.yaml", title)
    for name, text in overrides:
        if name not in declared:
            raise BadInput(f"{title} has no parameter `{name}`{_near(name, declared) or _all(declared)}")
        values[name] = _checked(declared[name], _parsed(text, declared[name].kind), "-p", title)
    return {name: value for name, value in values.items() if value != declared[name].default}


def _checked(parameter, value, source, title):
    try:
        return _typed(value, parameter.kind)
    except ValueError:
        exponent = source != "-p" and "float" in parameter.kind and "; YAML needs the point in 1.0e-5"
        raise BadInput(
            f"{source}: {parameter.name} is {value!r}; {title} wants {parameter.kind}, "
            f"such as {parameter.default!r}{exponent or ''}"
        ) from None


def _near(name, names):
    near = difflib.get_close_matches(name, names, n=1)
    return f", did you mean `{near[0]}`?" if near else ""


def _all(names):
    return f", only: {', '.join(names)}" if names else ", nor any other"


# ---- running


def prepare(notebook, profile: str | None = None, overrides=(), out: str | Path = EXECUTED) -> Path:
    """Write the notebook with its parameters to `out` without executing it (nbval does that)."""
    path, content, values = _prepared(notebook, profile, overrides)
    content = papermill.execute_notebook(content, None, values, prepare_only=True, **PYTHON)
    return _write(_cleaned(content), _place(path, out))


def run(notebook, profile: str | None = None, overrides=(), out: str | Path = EXECUTED) -> Path:
    """Execute a notebook; `out` is only ever a whole one.

    While it runs it is <out>.running.ipynb, and what ends early (an error, a dead kernel, Ctrl-C) stays as
    <out>.failed.ipynb. Raises BadInput naming the cell that failed.
    """
    path, content, values = _prepared(notebook, profile, overrides)
    out = _place(path, out)
    running, failed = _beside(out, "running"), _beside(out, "failed")
    cells = sum(_is_code(cell) and bool(cell.source.strip()) for cell in content.cells) + bool(values)
    progress = _CellProgress(path.stem, cells)
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # this environment's python3, not the home folder's
    try:
        executed = papermill.execute_notebook(
            content,
            running,
            values,
            cwd=path.parent,
            progress_bar=False,
            record_timing=False,
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],  # the rest: noise when it starts and stops
            on_cell_execute=progress.cell_starts,
            **PYTHON,
        )
    except BaseException as error:
        if running.exists():
            os.replace(running, failed)
        why = _sentence(error, progress)
        if why is None:  # Ctrl-C, or a bug
            raise
        raise BadInput(f"{path.name}: {why}; what ran is in {failed}") from None
    finally:
        progress.close()
    executed = _cleaned(executed)
    executed.metadata["colorlab"] = {"source_digest": source_digest(executed)}
    failed.unlink(missing_ok=True)
    return _write(executed, out)


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
    content.cells = [cell for cell in content.cells if not _is_injected(cell)]  # of an earlier run
    return path, content, chosen(parameters(content, path.name), path.name, profile, overrides)


def _place(path: Path, out) -> Path:
    """Where the result goes: `out` is a notebook or else a folder. Makes the folder."""
    out = Path(out).resolve()
    if out.suffix != ".ipynb":
        out = out / path.name
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


def _beside(out, state):
    return out.with_suffix(f".{state}.ipynb")


def _write(notebook, out):
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
        if _is_code(cell):
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


# ---- what a committed notebook must be


def source_digest(notebook) -> str:
    """SHA-256 of all code, kept in the notebook by `run`: it tells when a cell was edited after it ran."""
    sources = [cell.source for cell in notebook.cells if _is_code(cell)]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def problems(path: str | Path) -> list[str]:
    """Why this notebook must not be committed as it is; empty when all is well."""
    path = Path(path)
    notebook = read(path)
    found = [*_file_problems(path, notebook), *_run_problems(notebook)]
    return found + list(_parameter_problems(notebook, path.name))


def _file_problems(path, notebook):
    if path.stat().st_size > 1_000_000:
        yield f"the file is {path.stat().st_size / 1e6:.1f} MB; wanted is 1 at most (smaller, fewer figures)"
    if notebook.nbformat_minor < 5:
        yield f"the format is 4.{notebook.nbformat_minor}; wanted is 4.5, where each cell has a lasting id"
    for number, cell in enumerate(notebook.cells, 1):
        for text in _texts(cell):
            for found in MACHINE_PATH.findall(text):
                yield f"cell {number} of the file names a folder of one machine: {found}"


def _texts(cell):
    """The source and the outputs, without pictures: base64 can spell anything."""
    yield cell.source
    for output in cell.get("outputs", []):
        yield output.get("text", "")
        for kind, data in output.get("data", {}).items():
            if kind not in ("image/png", "image/jpeg"):
                yield str(data)


def _run_problems(notebook):
    code = [cell for cell in notebook.cells if _is_code(cell)]
    for cell in code:
        if cell.execution_count is None:
            yield f"`{_first_line(cell.source)}` has not been executed"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"`{_first_line(cell.source)}` failed with {output.ename}"
        if _is_injected(cell):
            yield "it was run with other parameters than its own (there is a cell tagged injected-parameters)"
    counts = [cell.execution_count for cell in code]
    if None not in counts and counts != list(range(1, len(code) + 1)):
        yield f"its cells were executed in the order {counts}"
    if notebook.metadata.get("colorlab", {}).get("source_digest") != source_digest(notebook):
        yield "its code is not the code that was executed: run it again with `colorlab run`, in place"


def _parameter_problems(notebook, title):
    try:
        declared = parameters(notebook, title)
    except BadInput as error:
        yield str(error)
        return
    notebook.metadata.update(METADATA)
    shown = papermill.inspect_notebook(notebook)
    used = _names_used(notebook)
    for name in declared:
        if name not in used:
            yield f"parameter {name} is not used"
        if not shown.get(name, {}).get("help"):
            yield f"parameter {name} has no comment that papermill can show: on its line, without another `=`"


def _names_used(notebook):
    """The names that code reads, wherever; IPython turns its %magics and !commands into Python first."""
    code = [TransformerManager().transform_cell(cell.source) for cell in notebook.cells if _is_code(cell)]
    nodes = [node for source in code for node in ast.walk(ast.parse(source))]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _is_code(cell):
    return cell.cell_type == "code"


def _is_injected(cell):
    return "injected-parameters" in cell.metadata.get("tags", [])


def _cell_name(number, source):
    return f"cell [{number}] `{_first_line(source)}`"


def _first_line(source):
    return (source.strip().splitlines() or ["empty"])[0][:60]


def _last_line(text):
    return (text.strip().splitlines() or ["no message"])[-1]
