"""What must not be committed, on notebooks made here; then the notebooks of the course as they are committed."""

import json
import re

import nbformat
import pytest
from making import PARAMETERS, USES, cell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from colorlab.base.paths import NOTEBOOKS, ROOT
from colorlab.course import checks
from colorlab.course.notebook import course, read, source_digest


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
    notebook.metadata["colorlab"] = {"source_digest": source_digest(notebook)}
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
    notebook.cells[3].outputs[0].data["text/plain"] = "PosixPath('/home/ada/data')"


def path_in_stream(notebook):
    notebook.cells[3].outputs.append(new_output("stream", text="file:///root/x saved"))


def too_large(notebook):
    picture(notebook, alt="A line.")
    notebook.cells[3].outputs[0].data["image/png"] = "+/tmp+" + "A" * 1_000_000  # base64 can spell a path


def picture(notebook, **metadata):
    notebook.cells[3].outputs[0].data["image/png"] = "AAAA"
    notebook.cells[3].outputs[0].metadata["image/png"] = metadata


def without_alt_text(notebook):
    picture(notebook, width=500)


def with_an_empty_alt_text(notebook):
    picture(notebook, alt=" ")


def a_widget(notebook):
    notebook.cells[3].outputs[0].data["application/vnd.jupyter.widget-view+json"] = {"model_id": "x"}


def too_wide(notebook):
    notebook.cells[3].source += "  # " + 80 * "x"  # 89 characters


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
    (path_in_result, "/home/ada/data"),
    (path_in_stream, "/root/x"),
    (too_large, "1.0 MB"),
    (old_format, "the format is 4.4"),
    (without_alt_text, "`steps` shows a picture without alt text"),
    (with_an_empty_alt_text, "without alt text"),
    (a_widget, "shows a widget"),
    (too_wide, "a line of 89 characters"),
]


@pytest.mark.parametrize("damage, found", DEFECTS, ids=[damage.__name__ for damage, _ in DEFECTS])
def test_a_notebook_that_must_not_be_committed(tmp_path, damage, found):
    notebook = executed()
    damage(notebook)
    if damage not in (edited_after, cell_removed):  # the others are each the only problem
        notebook.metadata["colorlab"]["source_digest"] = source_digest(notebook)
    (tmp_path / "x.ipynb").write_text(json.dumps(notebook))
    (problem,) = checks.problems(tmp_path / "x.ipynb")
    assert re.search(found, problem)


def test_a_notebook_that_may_be_committed(tmp_path):
    notebook = executed()
    picture(notebook, alt="A line that rises.")
    nbformat.write(notebook, tmp_path / "x.ipynb")
    assert checks.problems(tmp_path / "x.ipynb") == []


@pytest.mark.parametrize("path", course(), ids=lambda path: path.stem)
def test_the_committed_notebook_is_whole(path):
    assert checks.problems(path) == []


LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)")  # to a file here, perhaps to a heading in it
PAGES = [*course(), *sorted(NOTEBOOKS.glob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_link_leads_somewhere(path):
    for file, heading in LINK.findall(text_of(path)):
        target = path.parent / file if file else path
        assert target.exists(), f"{path.name} links to {file}"
        anchors = [
            re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            for title in re.findall(r"^#+ (.*)$", text_of(target) if heading else "", re.MULTILINE)
        ]
        assert not heading or heading in anchors, f"{path.name} links to {file}#{heading}"


def text_of(path):
    """What a page or a notebook says, without its code."""
    if path.suffix == ".md":
        return path.read_text()
    return "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def test_committed_pictures_are_of_photographs_that_ship():
    gallery = (ROOT / "notebooks" / "10_result_gallery.ipynb").read_text()
    assert '"photographs of pocket' in gallery and '"photographs of miniplaces' not in gallery
