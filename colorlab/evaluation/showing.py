"""Show a figure in a notebook, with a text for those who cannot see it and a caption for those who can."""

import base64
import io

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

SHARP = 200  # dots an inch, twice as many as the page has: lines and letters stay sharp on a fine screen
SMALL = 130  # photographs cost more bytes, and most of ours are 128 pixels wide
QUALITY = 75  # with this JPEG quality a notebook stays under 1 MB


def show(figure: Figure, alt: str, caption: str | None = None, quality: int = QUALITY) -> None:
    """Show a figure below the cell, once, and close it.

    alt : says in one or two sentences what the figure shows, its finding included. It stands where
    `IPython.display.Image(alt=...)` has it, in the output's metadata, and is the output as plain text, too.
    caption : stands below the figure, as Markdown in italics: what is seen, and in which unit.
    quality : of the JPEG in which a figure with images is kept, 1 to 95. Charts are PNG.
    """
    from IPython.display import Markdown, display  # no figure of the report needs Jupyter

    kind, data = _encoded(figure, quality)
    width = round(_width(data) * figure.get_dpi() / (SHARP if kind == "image/png" else SMALL))
    plt.close(figure)  # or the notebook shows it again at the end of the cell
    picture = {kind: base64.b64encode(data).decode(), "text/plain": alt}
    display(picture, metadata={kind: {"alt": alt, "width": width}}, raw=True)
    if caption:
        display(Markdown(f"*{caption}*"))


def _encoded(figure, quality):
    """Return the kind and the bytes of the figure: JPEG where it holds images and JPEG is smaller, otherwise PNG."""
    png = _saved(figure, SHARP, "png", optimize=True)
    if any(axis.images for axis in figure.axes):
        jpeg = _saved(figure, SMALL, "jpeg", quality=quality, subsampling=0)  # colours in full resolution
        if len(jpeg) < len(png):
            return "image/jpeg", jpeg
    return "image/png", png


def _saved(figure, dots, kind, **options):
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=dots, format=kind, bbox_inches="tight", pil_kwargs=options)
    return buffer.getvalue()


def _width(data):
    return Image.open(io.BytesIO(data)).width
