"""A figure in a notebook: shown once, with its text and caption, sharp as a chart and small as a photograph."""

import base64
import inspect
import io

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from colorlab.evaluation import figures, showing

ALT = "A line that rises from 1 to 3."


@pytest.fixture
def shown(monkeypatch):
    """What a call of IPython's display got: its arguments and keywords, in order."""
    calls = []
    monkeypatch.setattr("IPython.display.display", lambda *what, **how: calls.append((what[0], how)))
    with plt.style.context(figures.STYLE):
        yield calls
    plt.close("all")


def chart():
    return figures.curves({"": ([1, 2], [1, 3])}, "epoch", "loss")


def picture_of(call):
    (kind,) = (kind for kind in call[0] if kind.startswith("image/"))
    return kind, Image.open(io.BytesIO(base64.b64decode(call[0][kind]))), call[1]["metadata"][kind]


def test_a_chart_is_sharp_and_says_what_it_shows(shown):
    figures.show(chart(), ALT, "The loss of each epoch")
    kind, image, metadata = picture_of(shown[0])
    assert kind == "image/png" and metadata["alt"] == shown[0][0]["text/plain"] == ALT
    assert metadata["width"] == pytest.approx(image.width / 2, abs=1) and 600 < metadata["width"] < 700
    assert [call[0].data for call in shown[1:]] == ["*The loss of each epoch*"]


def test_photographs_are_small_and_have_the_width_of_the_page(shown, pocket):
    figure = figures.photographs({"": list(pocket.images[:6])})
    width = figure.get_size_inches()[0] * 100
    figures.show(figure, "Six photographs.")
    (call,) = shown  # no caption
    kind, image, metadata = picture_of(call)
    assert kind == "image/jpeg" and metadata["width"] == pytest.approx(width, abs=30)
    assert image.width == pytest.approx(metadata["width"] * showing.SMALL / 100, abs=2)


def test_a_table_of_flat_colors_is_a_chart(shown):
    figures.show(figures.confusion(np.eye(7, dtype=int), ["a"] * 7), "All are right.")
    assert picture_of(shown[0])[0] == "image/png"


def test_a_notebook_without_a_screen_shows_a_figure_once():
    lines = [
        "from colorlab.evaluation import figures",
        "figures.use_style()",
        inspect.getsource(chart),
        f"figures.show(chart(), {ALT!r}, 'x')",
    ]
    code = "\n".join(lines)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3").execute()
    picture, caption = notebook.cells[0].outputs
    assert picture.metadata["image/png"]["alt"] == ALT
    assert caption.data["text/markdown"] == "*x*"
