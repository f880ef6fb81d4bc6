"""A notebook as a file: which one is meant, and the cell that gives it its parameters."""

import math

import nbformat
import papermill
import pytest
from making import PARAMETERS, cell, notebook_at
from nbformat.v4 import new_markdown_cell, new_notebook

from colorlab.base.errors import BadInput
from colorlab.course import notebook


@pytest.mark.parametrize("name", ["09_training", "09", "9", "{folder}/09_training.ipynb"])
def test_a_notebook_is_found_by_path_name_or_number(folder, name):
    assert notebook.find(name.format(folder=folder)) == folder / "09_training.ipynb"


def test_what_the_runner_leaves_beside_a_notebook_is_not_of_the_course(folder):
    notebook_at(folder / "09_training.failed.ipynb")
    notebook_at(folder / "scratch.ipynb")
    assert [path.name for path in notebook.course()] == ["09_training.ipynb"]


def test_a_notebook_that_is_not_there_names_the_near_one(folder):
    with pytest.raises(BadInput, match="no notebook 09_trainign, did you mean `09_training`"):
        notebook.find("09_trainign")


@pytest.mark.parametrize("content", ["", "[]", "{}", "text", '{"nbformat": 9}', '{"cells": 3}', "\udcff"])
def test_a_file_that_is_no_notebook(tmp_path, content):
    path = tmp_path / "x.ipynb"
    path.write_text(content, errors="surrogateescape")
    with pytest.raises(BadInput, match="x.ipynb is not a notebook"):
        notebook.read(path)


VALUES = {
    "alpha": 1e-5,
    "steps": 10,
    "quick": True,
    "title": "a \"quote\", an 'apostrophe',\na line, \\n and a pagoda: 塔",
    "scenes": ["it's", 'a "beach"', "two\nlines", ""],
    "none": [],
    "limits": [-math.inf, 0.1, math.inf, math.nan, 1e300],
    "most": math.inf,
    "least": -math.inf,
    "unknown": math.nan,
    "flags": [True, False],
}


def assigned(source):
    """The names that a cell assigns, with their values in a form that compares: nan is not equal to itself."""
    names = {}
    exec(source, {}, names)
    return {name: repr(value) for name, value in names.items()}


@pytest.mark.parametrize("earlier", [False, True], ids=["never run", "run before"])
def test_the_injected_cell_is_the_one_that_papermill_would_write(earlier):
    cells = [new_markdown_cell("# A"), cell("import math"), cell(PARAMETERS, "parameters"), cell("print(alpha)")]
    if earlier:
        cells.insert(3, cell("# Parameters\nalpha = 2.0", "injected-parameters"))
    made = new_notebook(cells=cells, metadata=notebook.METADATA)
    papermills = papermill.execute_notebook(made, None, VALUES, prepare_only=True)
    ours = notebook.with_parameters(made, VALUES)

    assert len(ours.cells) == len(papermills.cells) == 5
    for mine, other in zip(ours.cells, papermills.cells, strict=True):
        assert mine.cell_type == other.cell_type
        assert mine.metadata.get("tags", []) == other.metadata.get("tags", [])
    assert ours.cells[3].metadata.tags == ["injected-parameters"]
    assert ours.cells[3].source.startswith("# Parameters\n") and papermills.cells[3].source.startswith("# Parameters\n")
    assert assigned(ours.cells[3].source) == assigned(papermills.cells[3].source)
    assert assigned(ours.cells[3].source) == {name: repr(value) for name, value in VALUES.items()}
    others = [number for number in range(5) if number != 3]
    assert [ours.cells[n].source for n in others] == [papermills.cells[n].source for n in others]


def test_without_values_the_cell_of_an_earlier_run_is_taken_out():
    cells = [cell(PARAMETERS, "parameters"), cell("alpha = 2.0", "injected-parameters"), cell("print(alpha)")]
    made = new_notebook(cells=cells)
    assert [each.source for each in notebook.with_parameters(made, {}).cells] == [PARAMETERS, "print(alpha)"]
    assert len(made.cells) == 3


def test_a_notebook_of_an_older_format_gets_ids_with_its_parameters():
    made = new_notebook(cells=[cell(PARAMETERS, "parameters"), cell("print(alpha)")])
    made.nbformat_minor = 4
    for each in made.cells:
        del each["id"]
    ours = notebook.with_parameters(made, {"alpha": 1.0})
    nbformat.validate(ours)  # 4.4 has no ids, 4.5 demands them
    assert ours.nbformat_minor == 5 and len({each.id for each in ours.cells}) == 3
