"""Show a figure in a notebook, with a text for those who cannot see it and a caption for those who can."""

import base64
import io

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

SHARP = 200  # dots an inch, twice as many as the page has: lines and letters stay sharp on a fine screen
SMALL = 100  # photographs cost more bytes
QUALITY = 75  # with this JPEG quality a notebook stays under 1 MB


def show(figure: Figure, alt: str, caption: str | None = None, quality: int = QUALITY) -> None:
    """Show a figure below the cell, once, and close it.

    alt : says in one or two sentences what the figure shows, its finding included. It stands where
    `IPython.display.Image(alt=...)` has it, in the output's metadata, and is the output as plain text, too.
    caption : stands below the figure, as Markdown in italics: what is seen, and in which unit.
    quality : of the JPEG in which a figure with images is kept, 1 to 95. Below QUALITY colours are kept at half the
        resolution, too. Charts are PNG.
    """
    from IPython.display import Markdown, display  # no figure of the report needs Jupyter

    kind, data = _encoded(figure, quality)
    width = round(_width(data) * figure.get_dpi() / (SHARP if kind == "image/png" else SMALL))
    plt.close(figure)  # or the notebook shows it again at the end of the cell
    picture = {kind: base64.b64encode(data).decode(), "text/plain": alt}
    display(picture, metadata={kind: {"alt": alt, "width": width}}, raw=True)
    if caption:
        display(Markdown(f"*{caption}*"))


def show_widget(widget, figure: Figure, alt: str, caption: str | None = None) -> None:
    """Show a widget to somebody who can use it, and a figure in its place where a notebook runs on its own.

    widget : what `IPython.display.display` takes. The others as in `show`.
    """
    from IPython import get_ipython
    from IPython.display import display

    # Only a front end with a person answers input(). A saved widget is dead, and a page shows its name instead.
    if getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", True):
        plt.close(figure)
        display(widget)
    else:
        show(figure, alt, caption)


def _encoded(figure, quality):
    """Return the kind and the bytes of the figure: JPEG where it holds images and JPEG is smaller, otherwise PNG."""
    # 256 colours are a third of the bytes, and enough for a chart.
    png = _bytes(_drawn(figure, SHARP).quantize(256, dither=Image.Dither.NONE), "PNG")
    if any(axis.images for axis in figure.axes):
        photograph = _drawn(figure, SMALL)
        halved = 0 if quality >= QUALITY else 2  # Pillow's numbers for colours at full and at half resolution
        jpeg = _bytes(photograph, "JPEG", quality=quality, progressive=True, subsampling=halved)
        if len(jpeg) < len(png):
            return "image/jpeg", jpeg
    return "image/png", png


def _drawn(figure, dots):
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=dots, bbox_inches="tight")
    return Image.open(buffer).convert("RGB")


def _bytes(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, optimize=True, **options)
    return buffer.getvalue()


def _width(data):
    return Image.open(io.BytesIO(data)).width
