"""A widget for notebooks: draw strokes over a photograph and see the coloured photograph beside it.

The browser reports only what the mouse does. The strokes are kept here as lines, so a program can draw too. They become
scribbles for `scribbles.scribble` in every frontend that shows Jupyter's widgets.
"""

from dataclasses import dataclass

import ipywidgets
import numpy as np
from ipycanvas import Canvas, MultiCanvas, hold_canvas
from PIL import Image, ImageColor, ImageDraw

from colorlab.base.errors import BadInput
from colorlab.data.photographs import on_white
from colorlab.painting.scribbles import scribble

SIDE = 420  # pixels of the longer side on the screen


@dataclass
class Stroke:
    """A line of one colour. Its points are (x, y) from the top left in pixels of the canvas."""

    color: str
    width: int
    points: list[tuple[float, float]]


class Sketch:
    """A photograph to draw on: show it as the last line of a cell, draw, and press the button.

    photograph : any size and mode. Its grey copy, with a longer side of SIDE pixels, is shown to draw on.
    network : a painting.network.Network, whose colours the strokes change. Without it all colours come from strokes.

    `scribbles` is the transparent layer with the strokes, and `colored()` is the photograph coloured by them. A sketch
    stays in memory until its kernel ends, as all of Jupyter's widgets do.
    """

    def __init__(self, photograph: Image.Image, network=None):
        self.photograph, self.network, self.strokes = photograph, network, []
        scale = SIDE / max(photograph.size)
        self.size = tuple(max(1, round(side * scale)) for side in photograph.size)
        self._drawing = False
        self._canvas = MultiCanvas(2, width=self.size[0], height=self.size[1])
        self._result = Canvas(width=self.size[0], height=self.size[1])
        _show(self._canvas[0], on_white(photograph).convert("L").convert("RGB").resize(self.size))
        self._canvas.on_mouse_down(self.begin)
        self._canvas.on_mouse_move(self.extend)
        self._canvas.on_mouse_up(self.end)
        self._canvas.on_mouse_out(self.end)
        self._canvas.on_touch_start(lambda touches: self.begin(*touches[0]))
        self._canvas.on_touch_move(lambda touches: self.extend(*touches[0]))
        self._canvas.on_touch_end(lambda touches: self.end())
        self._color = ipywidgets.ColorPicker(value="#3a7a2a", description="colour")
        self._width = ipywidgets.IntSlider(value=6, min=1, max=30, description="brush")
        self._said = ipywidgets.Label()
        buttons = {"Colour it": self._color_it, "Undo": self.undo, "Clear": self.clear}
        self._buttons = [ipywidgets.Button(description=name) for name in buttons]
        for button, does in zip(self._buttons, buttons.values(), strict=True):
            button.on_click(lambda _, does=does: does())
        pictures = ipywidgets.HBox([self._canvas, self._result])
        tools = ipywidgets.HBox([self._color, self._width, *self._buttons])
        self._box = ipywidgets.VBox([tools, pictures, self._said])

    def __repr__(self):
        return f"<a photograph to draw on, {self.size[0]}x{self.size[1]}, with {len(self.strokes)} strokes>"

    def _repr_mimebundle_(self, **kwargs):
        return self._box._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}

    def draw(self, color: str, points, width: int = 6) -> None:
        """Draw a line of a colour, "#rrggbb", through points (x, y) in pixels of the canvas.

        Raises BadInput if `color` is not a colour, or if `points` are not points or empty.
        """
        try:
            ImageColor.getrgb(color)
        except ValueError:
            raise BadInput(f"'{color}' is no colour: write #rrggbb") from None
        try:
            line = [(float(x), float(y)) for x, y in points]
        except (TypeError, ValueError):
            line = []
        if not line:
            raise BadInput(f"a line through {points!r} is not possible: give points (x, y), one or more")
        self.strokes.append(Stroke(color, width, line))
        self._redraw()

    def begin(self, x: float, y: float) -> None:
        """Begin a stroke: the mouse button goes down."""
        self.strokes.append(Stroke(self._color.value, self._width.value, [(x, y)]))
        self._drawing = True
        self._line(self.strokes[-1], 0)

    def extend(self, x: float, y: float) -> None:
        """Continue the stroke, if there is one: the mouse moves."""
        if self._drawing:
            stroke = self.strokes[-1]
            stroke.points.append((x, y))
            self._line(stroke, len(stroke.points) - 2)

    def end(self, *where) -> None:
        """End the stroke: the mouse button goes up, or the mouse leaves the canvas."""
        self._drawing = False

    def undo(self) -> None:
        """Remove the last stroke."""
        self._drawing, self.strokes = False, self.strokes[:-1]
        self._redraw()

    def clear(self) -> None:
        """Remove all strokes."""
        self._drawing, self.strokes = False, []
        self._redraw()

    @property
    def scribbles(self) -> Image.Image:
        """The strokes as an RGBA image of the canvas's size, transparent everywhere else."""
        layer = Image.new("RGBA", self.size)
        pen = ImageDraw.Draw(layer)
        for stroke in self.strokes:
            pen.line(stroke.points, stroke.color, stroke.width)
            for x, y in stroke.points:  # round ends and corners, as in the browser
                half = stroke.width / 2
                pen.ellipse((x - half, y - half, x + half, y + half), stroke.color)
        return layer

    def colored(self) -> Image.Image:
        """Return the photograph in its own size, coloured by the strokes. Raises BadInput if there is no stroke."""
        layer = self.scribbles.resize(self.photograph.size, Image.Resampling.NEAREST)
        return scribble(self.photograph, layer, self.network)

    def _color_it(self):
        try:
            _show(self._result, on_white(self.colored()).resize(self.size))
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
        layer.stroke_style, layer.line_width = stroke.color, stroke.width
        layer.line_cap = layer.line_join = "round"
        points = stroke.points[start:]
        layer.stroke_lines(points if len(points) > 1 else points * 2)


def _show(canvas, rgb):
    canvas.put_image_data(np.asarray(rgb), 0, 0)
