"""A sketch: what is drawn, by a hand or a program, is what the strokes become."""

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.painting.scribbles import scribble
from colorlab.painting.sketch import SIDE, Sketch

PHOTO = Image.open(DATA / "gallery" / "china.jpg")


def button(sketch, name):
    (found,) = [one for one in sketch._buttons if one.description == name]
    return found


def test_a_hand_and_a_program_draw_the_same():
    by_hand, by_program = Sketch(PHOTO), Sketch(PHOTO)
    by_hand._color.value, by_hand._width.value = "#ff0000", 9
    by_hand.extend(5, 5)  # the mouse is up
    by_hand.begin(10, 20)
    by_hand.extend(60, 25)
    by_hand.extend(90, 80)
    by_hand.end(90, 80)
    by_hand.extend(200, 200)
    by_program.draw("#ff0000", [(10, 20), (60, 25), (90, 80)], 9)
    assert by_hand.strokes == by_program.strokes
    np.testing.assert_array_equal(by_hand.scribbles, by_program.scribbles)


def test_scribbles_are_opaque_along_the_lines_and_nowhere_else():
    sketch = Sketch(PHOTO)
    sketch.draw("#00ff00", [(50, 50), (100, 50)], 10)
    sketch.draw("#0000ff", [(200, 200)], 8)  # a click
    layer = np.asarray(sketch.scribbles)
    assert layer.shape == (round(SIDE * PHOTO.height / PHOTO.width), SIDE, 4)
    assert set(map(tuple, layer.reshape(-1, 4))) == {(0, 0, 0, 0), (0, 255, 0, 255), (0, 0, 255, 255)}
    assert tuple(layer[50, 75]) == (0, 255, 0, 255) and tuple(layer[200, 200]) == (0, 0, 255, 255)
    rows, columns = np.nonzero(layer[..., 3])
    assert rows.min() >= 44 and columns.max() <= 205


@pytest.mark.parametrize("size", [(640, 427), (300, 900), (37, 23), (4000, 100)])
def test_a_photograph_of_any_proportions_is_colored_in_its_own_size(size):
    photograph = PHOTO.resize(size)
    sketch = Sketch(photograph)
    sketch.draw("#ff0000", [(1, 1), (30, 5)])
    colored = sketch.colored()
    assert max(sketch.size) == SIDE and colored.size == size
    np.testing.assert_array_equal(colored, scribble(photograph, sketch.scribbles))
    assert color.rgb_to_lab(np.asarray(colored))[..., 1].mean() > 20  # red


def test_undo_and_clear():
    sketch = Sketch(PHOTO)
    for x in (10, 50, 90):
        sketch.draw("#ff0000", [(x, 10), (x, 90)])
    button(sketch, "Undo").click()
    assert [stroke.points[0][0] for stroke in sketch.strokes] == [10, 50]
    button(sketch, "Clear").click()
    button(sketch, "Undo").click()
    assert sketch.strokes == [] and sketch.scribbles.getbbox() is None


def test_the_button_says_what_is_missing_and_nothing_when_all_is_well():
    sketch = Sketch(PHOTO)
    button(sketch, "Colour it").click()
    assert "no stroke" in sketch._said.value
    sketch.draw("#ff0000", [(10, 10), (60, 60)])
    button(sketch, "Colour it").click()
    assert sketch._said.value == ""


def test_no_color_is_refused_and_draws_nothing():
    sketch = Sketch(PHOTO)
    with pytest.raises(BadInput, match="'reddish' is no colour"):
        sketch.draw("reddish", [(1, 1), (2, 2)])
    assert sketch.strokes == []


def test_it_shows_as_a_widget_and_reads_well_where_there_are_none():
    shown = Sketch(PHOTO)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown and "0 strokes" in shown["text/plain"]
    assert isinstance(Sketch(PHOTO)._box, ipywidgets.VBox)
