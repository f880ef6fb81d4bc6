"""Check a notebook before it is committed: errors, edits after it ran, stale parameters, what a reader cannot see."""

import ast
import re
from pathlib import Path

import papermill
from IPython.core.inputtransformer2 import TransformerManager

from colorlab.base.errors import BadInput
from colorlab.course.notebook import METADATA, first_line, is_code, is_injected, read, source_digest
from colorlab.course.parameters import parameters

# Folders of one person's machine. `https://home/`, `</root>` and `a/tmp` do not match.
MACHINE_PATH = re.compile(r"(?<![\w.<~-])(?<!:/)/(?:home|work|tmp|root|Users|private/var)\b[^\s'\"<>]*")

WIDEST = 88  # characters of a line of code: more do not fit beside a contents list, or on a page
PICTURES = ("image/png", "image/jpeg")
WIDGET = "application/vnd.jupyter.widget-view+json"


def problems(path: str | Path) -> list[str]:
    """Return the reasons why this notebook must not be committed as it is, as sentences; none if all is well."""
    path = Path(path)
    notebook = read(path)
    found = [*_file_problems(path, notebook), *_run_problems(notebook), *_reading_problems(notebook)]
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
    """Yield the source and the outputs, without pictures: their base64 can contain any word."""
    yield cell.source
    for output in cell.get("outputs", []):
        yield output.get("text", "")
        for kind, data in output.get("data", {}).items():
            if kind not in PICTURES:
                yield str(data)


def _run_problems(notebook):
    code = [cell for cell in notebook.cells if is_code(cell)]
    for cell in code:
        if cell.execution_count is None:
            yield f"`{first_line(cell.source)}` has not been executed"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"`{first_line(cell.source)}` failed with {output.ename}"
        if is_injected(cell):
            yield "it was run with other parameters than its own (there is a cell tagged injected-parameters)"
    counts = [cell.execution_count for cell in code]
    if None not in counts and counts != list(range(1, len(code) + 1)):
        yield f"its cells were executed in the order {counts}"
    if notebook.metadata.get("colorlab", {}).get("source_digest") != source_digest(notebook):
        yield "its code is not the code that was executed: run it again with `colorlab run`, in place"


def _reading_problems(notebook):
    """Yield what keeps somebody from reading the page: code that is too wide, pictures and widgets without a text."""
    for cell in filter(is_code, notebook.cells):
        wide = max(map(len, cell.source.splitlines()), default=0)
        if wide > WIDEST:
            yield f"`{first_line(cell.source)}` has a line of {wide} characters; wanted are {WIDEST} at most"
        for output in cell.outputs:
            for kind in output.get("data", {}):
                if kind in PICTURES and not output.metadata.get(kind, {}).get("alt", "").strip():
                    yield f"`{first_line(cell.source)}` shows a picture without alt text: show it with figures.show"
                if kind == WIDGET:
                    yield f"`{first_line(cell.source)}` shows a widget, dead on a page: use figures.show_widget"


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
    """Return the names that any code cell reads. IPython turns its %magics and !commands into Python first."""
    code = [TransformerManager().transform_cell(cell.source) for cell in notebook.cells if is_code(cell)]
    nodes = [node for source in code for node in ast.walk(ast.parse(source))]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
