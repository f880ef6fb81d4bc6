"""Files that were cut short: how much of the photograph is missing, and what can be read nevertheless."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

END_OF_JPEG = b"\xff\xd9"
INVISIBLE = 0.001  # of the pixels: so many may be missing
CHANGED = 8  # levels by which a missing pixel differs, filled in one way or in another


def completed(data: bytes, formats: list[str]) -> tuple[Image.Image, float] | None:
    """Read a file whose end is missing: (the image, the share of its pixels that is missing), or None.

    The end is filled in two ways. What differs between the two images was missing.
    """
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            width, height = image.size
        room = 4 * width * height
        if data.startswith(b"\xff\xd8"):
            ends = END_OF_JPEG, b"\x55" * room + END_OF_JPEG
        else:
            ends = bytes(room), b"\xff" * room
        one, other = (Image.open(io.BytesIO(data + end), formats=formats) for end in ends)
        pair = [np.asarray(image.convert("RGB"), dtype="int16") for image in (one, other)]
        return one, float((np.abs(pair[0] - pair[1]).max(axis=-1) > CHANGED).mean())
    except Exception:  # Pillow's decoders may raise anything on damaged bytes
        return None


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
                pixels += len(unpack.decompress(data[at + 8 : at + 8 + length]))
            at += length + 12
    except (struct.error, KeyError, zlib.error):
        return None
    return None if interlaced else max(0.0, 1 - pixels / expected)
