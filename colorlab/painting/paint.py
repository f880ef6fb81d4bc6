"""Give a photograph of any size other colours, and keep its own lightness.

Converting Lab to RGB takes a cube, a matrix and a power for each of up to 24 million pixels. But an RGB colour depends
on three numbers only. So the conversion is computed once for a lattice of them, and Pillow interpolates in that table.
This is done in strips, on all cores, and needs little more memory than the photograph itself.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from colorlab import color

STRIP = 2**18  # pixels of a strip, which then stays in the processor's cache
PIXELS = 250_000  # strokes and segments are computed on this many at most: the time of strokes grows with pixels ^ 1.5
TABLE = 33  # values along each axis of a table of colours; 17 would be exact to 0.2 Lab units already


def with_chroma(photograph: Image.Image, chroma: np.ndarray) -> Image.Image:
    """Join a photograph's own lightness to other colours.

    photograph : mode L, RGB or RGBA. An RGB photograph is changed in place, so that it is in memory only once.
    chroma : (h, w, 2) in [0, 1]. It is enlarged bilinearly to the photograph's size.

    Returns an image of mode RGB, or RGBA with the photograph's transparency. Its lightness is the photograph's, up to
    the rounding to 8 bits, except where a colour had to be clipped to the sRGB gamut.
    """
    width, height = photograph.size
    source = photograph if photograph.mode in ("L", "RGB") else photograph.convert("RGB")
    colored = source if source.mode == "RGB" else Image.new("RGB", source.size)
    ab, low, high = _as_bytes(chroma)
    table = _table_of_colors(low, high)
    rows = max(1, STRIP // width)

    def color_strip(top):
        bottom = min(top + rows, height)
        strip = source.crop((0, top, width, bottom))
        if strip.mode == "RGB":
            strip = Image.fromarray(_greys(np.asarray(strip)))
        enlarged = [
            channel.resize(
                strip.size,
                Image.Resampling.BILINEAR,
                box=(0, top * channel.height / height, channel.width, bottom * channel.height / height),
            )
            for channel in ab
        ]
        colored.paste(Image.merge("RGB", (strip, *enlarged)).filter(table), (0, top))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Pillow releases Python's lock while it interpolates
        list(pool.map(color_strip, range(0, height, rows)))
    if photograph.mode == "RGBA":
        colored.putalpha(photograph.getchannel("A"))
    return colored


def _as_bytes(chroma):
    """Turn a and b into two images of bytes, each scaled to its own range: (images, lowest ab, highest ab)."""
    ab = color.ab_of(chroma)
    low, high = ab.min(axis=(0, 1)), ab.max(axis=(0, 1)) + 1e-3
    scaled = color.to_uint8((ab - low) / (high - low))
    return [Image.fromarray(np.ascontiguousarray(scaled[..., channel])) for channel in range(2)], low, high


def _table_of_colors(low, high):
    """Return the table (grey value, a, b) -> RGB of that lightness. a and b are bytes that mean `low` to `high`."""
    greys = np.linspace(0, 1, TABLE, dtype="float32")
    lightness = color.rgb_to_lab(np.stack([greys] * 3, axis=-1))[:, 0]
    a, b = np.linspace(low, high, TABLE, dtype="float32").T
    b, a, lightness = np.meshgrid(b, a, lightness, indexing="ij")  # the first index changes fastest
    rgb = color.lab_to_rgb(np.stack([lightness, a, b], axis=-1))
    return ImageFilter.Color3DLUT(TABLE, rgb.reshape(-1))


def _greys(rgb):
    """Return the greys of the same lightness as bytes of RGB: (H, W, 3) -> (H, W). It adds up light, from tables.

    (Pillow's `convert("L")` is a weighted mean of bytes, which is another lightness.)
    """
    (red, green, blue), grey_of_light = _light()
    light = red[rgb[..., 0]]
    light += green[rgb[..., 1]]
    light += blue[rgb[..., 2]]
    return grey_of_light[light]


@lru_cache(maxsize=1)
def _light():
    """Return tables of the light Y in 65,535ths: how much a byte of red, green and blue has, and the grey of each Y."""
    y = color.LINEAR_LIGHT_OF_BYTE.astype("float64")  # of a grey, which has as much of each
    shares = color.XYZ_FROM_RGB[1] * 65_534  # they add up to less than 1 after rounding
    tables = [np.round(share * y).astype("uint16") for share in shares]
    grey_of_light = np.interp(np.arange(2**16) / 65_534, y, np.arange(256))
    return tables, color.to_uint8(grey_of_light / 255)


def solved_size(size: tuple[int, int]) -> tuple[int, int]:
    """Scale a photograph's (width, height) down to PIXELS pixels. Its colours are computed at that size."""
    scale = min(1, (PIXELS / (size[0] * size[1])) ** 0.5)
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))
