"""Files that were cut short: how much of the photograph is missing, and what can be read nevertheless."""

import io
import struct
import threading
import zlib

import numpy as np
from PIL import Image

END_OF_JPEG = b"\xff\xd9"
STARTS = (b"\xff\xd8", b"BM", b"P5", b"P6")  # JPEG, BMP, PGM and PPM: their pixels come in order
LARGEST = 60_000_000  # pixels of an image that is tried
ROWS = 256  # that are compared at once
ONE_AT_A_TIME = threading.Lock()  # two copies of a photograph are in memory meanwhile
INVISIBLE = 0.001  # of the pixels: so many may be missing
CHANGED = 8  # levels by which a missing pixel differs, filled in one way or in another


def completed(data: bytes, formats: list[str]) -> tuple[Image.Image, float] | None:
    """Read a file whose end is missing: (the image, the share of its pixels that is missing), or None.

    The end is filled in two ways. What differs between the two images was missing.
    """
    if not data.startswith(STARTS):
        return None
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            width, height = image.size
        if width * height > LARGEST:
            return None
        with ONE_AT_A_TIME:
            if data.startswith(b"\xff\xd8"):
                data = data.rstrip(b"\xff")  # half of a marker
                ends = END_OF_JPEG, b"\x55" * width * height + END_OF_JPEG
            else:
                ends = bytes(4 * width * height), b"\xff" * 4 * width * height
            one, other = (Image.open(io.BytesIO(data + end), formats=formats) for end in ends)
            one.load()
            other.load()
            return one, _different(one, other)
    except MemoryError:
        raise
    except Exception:  # Pillow's decoders may raise anything on damaged bytes
        return None


def _different(one, other):
    """The share of the pixels in which two images of the same size differ."""
    width, height = one.size
    count = 0
    for top in range(0, height, ROWS):
        box = 0, top, width, min(top + ROWS, height)
        pair = [_bytes(image.crop(box)) for image in (one, other)]
        count += (np.abs(pair[0] - pair[1]).max(axis=-1) > CHANGED).sum()
    return float(count / (width * height))


def _bytes(image):
    if image.mode.startswith("I;16"):
        return (np.asarray(image).astype("int32") // 257)[..., None]
    return np.asarray(image.convert("RGB"), dtype="int16")


def missing_of_png(data: bytes) -> float | None:
    """Return the share of a PNG's pixels that is missing, or None if that cannot be told."""
    try:
        width, height, bits, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
        channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
        expected = height * (1 + (width * channels * bits + 7) // 8)
        at, pixels, unpack = 8, 0, zlib.decompressobj()
        while at + 8 < len(data):
            length, name = struct.unpack(">I4s", data[at : at + 8])
            if name == b"IDAT":
                pixels += len(unpack.decompress(data[at + 8 : at + 8 + length], expected - pixels + 1))
            if pixels > expected:
                return None
            at += length + 12
    except (struct.error, KeyError, zlib.error):
        return None
    return None if interlaced else max(0.0, 1 - pixels / expected)
