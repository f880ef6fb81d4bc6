"""Find a notebook, read it, and give it its parameters."""

import hashlib
import json
import math
import os
from pathlib import Path

import nbformat

from colorlab.base.errors import BadInput
from colorlab.base.paths import NOTEBOOKS
from colorlab.course.parameters import near

INJECTED = "injected-parameters"  # papermill's tag
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def course() -> list[Path]:
    """Return the course's notebooks in reading order."""
    return sorted(path for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb") if "." not in path.stem)


def find(notebook: str | Path) -> Path:
    """Return the file of a notebook. It is given by path, or by name or number: "09_gpu_training", "09", "9".

    Raises BadInput if there is no such notebook.
    """
    if os.path.isfile(notebook):  # false for a name that no file can have; Path.is_file raises
        return Path(notebook).resolve()
    stem = str(notebook).zfill(2)
    for path in course():
        if path.stem == stem or path.stem.startswith(f"{stem}_"):
            return path
    hint = near(Path(notebook).stem, [path.stem for path in course()])
    raise BadInput(f"no notebook {notebook}{hint}: give a path, or a name or number in {NOTEBOOKS}")


def read(path: Path | str) -> nbformat.NotebookNode:
    """Read a notebook of any version, as version 4. Raises BadInput if the file is not a notebook."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises many kinds of errors
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"{path} is not a notebook ({reason[:100]})") from None
    return notebook


def with_parameters(notebook: nbformat.NotebookNode, values: dict) -> nbformat.NotebookNode:
    """Return the notebook with a new cell below the one tagged `parameters`: it sets these values, as papermill does.

    It replaces the cell of an earlier run. (papermill is not used here because importing it takes a second: it imports
    all of Jupyter.)
    """
    notebook = nbformat.v4.upgrade(notebook)  # from 4.5 on, each cell has an id
    cells = [cell for cell in notebook.cells if not is_injected(cell)]
    if values:
        source = "\n".join(["# Parameters", *(f"{name} = {_literal(value)}" for name, value in values.items())])
        place = next(n for n, cell in enumerate(cells, 1) if "parameters" in cell.metadata.get("tags", []))
        cells.insert(place, nbformat.v4.new_code_cell(source, metadata={"tags": [INJECTED]}))
    return nbformat.NotebookNode(notebook | {"cells": cells})


def _literal(value):
    """Return a value as Python source. Infinity and not-a-number have no literal."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return f'float("{value}")' if isinstance(value, float) and not math.isfinite(value) else repr(value)


def source_digest(notebook) -> str:
    """Return the SHA-256 of all code. `run` keeps it in the notebook, to tell when a cell was edited after it ran."""
    sources = [cell.source for cell in notebook.cells if is_code(cell)]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def is_code(cell):
    return cell.cell_type == "code"


def is_injected(cell):
    return INJECTED in cell.metadata.get("tags", [])


def first_line(source):
    return (source.strip().splitlines() or ["empty"])[0][:60]
