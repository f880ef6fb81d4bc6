"""Colour profiles: what the numbers of a file mean as colours, turned into sRGB."""

import io
import struct
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

SRGB = ImageCms.createProfile("sRGB")
ALIKE = 2  # levels: a profile that moves no colour by more is sRGB, whatever its name
STEPS = 255 * 16 + 1  # at which the curve of a profile of greys is sampled: all bytes, and 15 values between two
# Chromaticities x, y of white, red, green and blue (ITU-R BT.709 and BT.2020, SMPTE EG 432-1).
OF_SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
OF_BT2020 = (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046)
OF_DISPLAY_P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
D50 = np.array([0.9642, 1.0, 0.8249])  # the white of all profiles
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
SPACES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}  # of a profile -> a mode of Pillow's


class Unusable(Exception):
    """A profile that is broken, or is of another kind of image."""


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an image of mode L, RGB or CMYK to sRGB: mode L stays L. Raises Unusable."""
    transform, mode = _transform(profile)
    if image.mode == "L":
        return image.point(np.round(_greys(profile)[:: (STEPS - 1) // 255]).astype(int).tolist())
    if image.mode != mode:
        raise Unusable(f"it is of {mode}, the photograph of {image.mode}")
    return image if _is_srgb(profile) else ImageCms.applyTransform(image, transform)


def grey_to_srgb(values: np.ndarray, profile: bytes) -> np.ndarray:
    """Convert greys of any precision, floats in [0, 1], to sRGB's. Raises Unusable."""
    return np.interp(values, np.linspace(0, 1, STEPS), _greys(profile) / 255).astype("float32")


@lru_cache(maxsize=16)  # thousands of photographs may have the same profile
def _transform(profile):
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = SPACES.get(source.profile.xcolor_space.strip())
        if mode is None:
            raise Unusable(f"its colours are of the kind {source.profile.xcolor_space.strip()}")
        kind, flags = ("I;16", ImageCms.Flags.NOOPTIMIZE) if mode == "L" else (mode, ImageCms.Flags.NONE)
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        return ImageCms.buildTransform(source, SRGB, kind, "RGB", intent, flags=flags), mode
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
        raise Unusable("it is broken") from error


@lru_cache(maxsize=16)
def _greys(profile):
    """What a profile makes of STEPS greys from black to white: floats (STEPS,) in [0, 255].

    A profile of RGB says it, too, of 256 greys. LittleCMS is told not to optimize a profile of greys: else it takes
    the curve for a straight line between the bytes, and that of linear light is not one.
    """
    transform, mode = _transform(profile)
    if mode == "L":
        ramp = np.linspace(0, 65535, STEPS).round().astype("uint16")
        return np.asarray(ImageCms.applyTransform(Image.fromarray(ramp[None]), transform)).mean(axis=-1)[0]
    if mode != "RGB":
        raise Unusable(f"it is of {mode}, the photograph of greys")
    ramp = Image.fromarray(np.arange(256, dtype="uint8")[None]).convert(mode)
    greys = np.asarray(ImageCms.applyTransform(ramp, transform)).mean(axis=-1)[0]
    return np.interp(np.linspace(0, 255, STEPS), np.arange(256), greys)


@lru_cache(maxsize=16)
def _is_srgb(profile):
    transform, mode = _transform(profile)
    if mode != "RGB":
        return False
    steps = np.arange(0, 256, 51, dtype="uint8")
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    changed = np.asarray(ImageCms.applyTransform(Image.fromarray(colors), transform))
    return np.abs(changed.astype(int) - colors).max() <= ALIKE


def of_primaries(chromaticities: tuple) -> bytes:
    """Make a profile of RGB with other primaries and the curve of sRGB. chromaticities : x, y of white and the three.

    Raises Unusable if they are no triangle.
    """
    x, y = np.reshape(chromaticities, (4, 2)).T.clip(1e-6)
    white, *primaries = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=1)
    try:
        mixed = np.transpose(primaries) * np.linalg.solve(np.transpose(primaries), white)
        cones = BRADFORD @ white
        adapted = np.linalg.solve(BRADFORD, (BRADFORD @ D50 / cones)[:, None] * (BRADFORD @ mixed))
        tags = {b"wtpt": _xyz(D50)} | {b"rgb"[n : n + 1] + b"XYZ": _xyz(adapted[:, n]) for n in range(3)}
    except (np.linalg.LinAlgError, struct.error) as error:
        raise Unusable("its primaries are none") from error
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags |= {name: curve for name in (b"rTRC", b"gTRC", b"bTRC")}
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data
    head = struct.pack(">I4xI12s12x4s28x", start + len(body), 0x04200000, b"mntrRGB XYZ ", b"acsp") + _fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _xyz(color):
    return b"XYZ " + bytes(4) + _fixed(*color)


def _fixed(*numbers):
    """Numbers as profiles store them, with 16 bits after the point."""
    return struct.pack(f">{len(numbers)}i", *(round(65536 * number) for number in numbers))
