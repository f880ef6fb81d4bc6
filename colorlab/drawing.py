"""Strokes drawn over a photograph in a notebook, and what they make of it, beside it.

Only the mouse lives in the browser. What was drawn is kept here, as lines, so that a program can draw as well as a
hand, and from any frontend that knows Jupyter's widgets the strokes come out as `scribbles.scribble` takes them.
"""

from dataclasses import dataclass

import ipywidgets
import numpy as np
from ipycanvas import Canvas, MultiCanvas, hold_canvas
from PIL import Image, ImageColor, ImageDraw

from colorlab import BadInput
from colorlab.photographs import on_white
from colorlab.scribbles import scribble

SIDE = 420  # pixels of the longer side on the screen


@dataclass
class Stroke:
    """A line of one colour: points are (x, y) from the top left, in pixels of the canvas."""

    colour: str
    width: int
    points: list[tuple[float, float]]


class Sketch:
    """A photograph to draw on: show it as the last line of a cell, draw, and press the button.

    photograph : of any size and mode; what is drawn on is its grey copy, with a longer side of SIDE pixels.
    model : a colorizer, whose colours the strokes then change; without, they are all the colour there is.

    `scribbles` is the transparent layer of what was drawn, `coloured()` the photograph coloured by it. Like all of
    Jupyter's widgets a sketch stays in memory until its kernel ends.
    """

    def __init__(self, photograph: Image.Image, model=None):
        self.photograph, self.model, self.strokes = photograph, model, []
        scale = SIDE / max(photograph.size)
        self.size = tuple(max(1, round(side * scale)) for side in photograph.size)
        self._drawing = False
        self._canvas = MultiCanvas(2, width=self.size[0], height=self.size[1])
        self._result = Canvas(width=self.size[0], height=self.size[1])
        _show(self._canvas[0], on_white(photograph).convert("L").convert("RGB").resize(self.size))
        self._canvas.on_mouse_down(self.begin)
        self._canvas.on_mouse_move(self.go_on)
        self._canvas.on_mouse_up(self.end)
        self._canvas.on_mouse_out(self.end)
        self._canvas.on_touch_start(lambda touches: self.begin(*touches[0]))
        self._canvas.on_touch_move(lambda touches: self.go_on(*touches[0]))
        self._canvas.on_touch_end(lambda touches: self.end())
        self._colour = ipywidgets.ColorPicker(value="#3a7a2a", description="colour")
        self._width = ipywidgets.IntSlider(value=6, min=1, max=30, description="brush")
        self._said = ipywidgets.Label()
        buttons = {"Colour it": self._colour_it, "Undo": self.undo, "Clear": self.clear}
        self._buttons = [ipywidgets.Button(description=name) for name in buttons]
        for button, does in zip(self._buttons, buttons.values(), strict=True):
            button.on_click(lambda _, does=does: does())
        pictures = ipywidgets.HBox([self._canvas, self._result])
        tools = ipywidgets.HBox([self._colour, self._width, *self._buttons])
        self._box = ipywidgets.VBox([tools, pictures, self._said])

    def __repr__(self):
        return f"<a photograph to draw on, {self.size[0]}x{self.size[1]}, with {len(self.strokes)} strokes>"

    def _repr_mimebundle_(self, **kwargs):
        return self._box._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}

    def draw(self, colour: str, points, width: int = 6) -> None:
        """Draw a line of a colour, "#rrggbb", through points (x, y) in pixels of the canvas.

        Raises BadInput for what is no colour, or no points.
        """
        try:
            ImageColor.getrgb(colour)
        except ValueError:
            raise BadInput(f"'{colour}' is no colour: write #rrggbb") from None
        try:
            line = [(float(x), float(y)) for x, y in points]
        except (TypeError, ValueError):
            line = []
        if not line:
            raise BadInput(f"a line through {points!r} cannot be: give points (x, y), one or more")
        self.strokes.append(Stroke(colour, width, line))
        self._redraw()

    def begin(self, x: float, y: float) -> None:
        """The mouse goes down."""
        self.strokes.append(Stroke(self._colour.value, self._width.value, [(x, y)]))
        self._drawing = True
        self._line(self.strokes[-1], 0)

    def go_on(self, x: float, y: float) -> None:
        """The mouse moves, down or up."""
        if self._drawing:
            stroke = self.strokes[-1]
            stroke.points.append((x, y))
            self._line(stroke, len(stroke.points) - 2)

    def end(self, *where) -> None:
        """The mouse goes up, or leaves."""
        self._drawing = False

    def undo(self) -> None:
        """Take the last stroke back."""
        self._drawing, self.strokes = False, self.strokes[:-1]
        self._redraw()

    def clear(self) -> None:
        """Take all strokes back."""
        self._drawing, self.strokes = False, []
        self._redraw()

    @property
    def scribbles(self) -> Image.Image:
        """What was drawn: RGBA of the canvas's size, transparent but for the strokes."""
        layer = Image.new("RGBA", self.size)
        pen = ImageDraw.Draw(layer)
        for stroke in self.strokes:
            pen.line(stroke.points, stroke.colour, stroke.width)
            for x, y in stroke.points:  # round ends and corners, as in the browser
                half = stroke.width / 2
                pen.ellipse((x - half, y - half, x + half, y + half), stroke.colour)
        return layer

    def coloured(self) -> Image.Image:
        """The photograph in its own size, coloured by the strokes. BadInput where there is none."""
        layer = self.scribbles.resize(self.photograph.size, Image.Resampling.NEAREST)
        return scribble(self.photograph, layer, self.model)

    def _colour_it(self):
        try:
            _show(self._result, on_white(self.coloured()).resize(self.size))
            self._said.value = ""
        except BadInput as error:
            self._said.value = str(error)

    def _redraw(self):
        with hold_canvas():
            self._canvas[1].clear()
            for stroke in self.strokes:
                self._line(stroke, 0)

    def _line(self, stroke, start):
        layer = self._canvas[1]
        layer.stroke_style, layer.line_width = stroke.colour, stroke.width
        layer.line_cap = layer.line_join = "round"
        points = stroke.points[start:]
        layer.stroke_lines(points if len(points) > 1 else points * 2)


def _show(canvas, rgb):
    canvas.put_image_data(np.asarray(rgb), 0, 0)
