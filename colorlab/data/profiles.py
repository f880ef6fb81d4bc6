"""Colour profiles: what the numbers of a file mean as colours, turned into sRGB."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

SRGB = ImageCms.createProfile("sRGB")
ALIKE = 2  # levels: a profile that moves no colour by more is sRGB, whatever its name
SPACES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}  # of a profile -> a mode of Pillow's


class Unusable(Exception):
    """A profile that is broken, or is of another kind of image."""


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an image of mode L, RGB or CMYK to sRGB: mode L stays L. Raises Unusable."""
    transform, mode = _transform(profile)
    if image.mode == "L":
        return image.point(np.round(_greys(transform, mode)).astype(int).tolist())
    if image.mode != mode:
        raise Unusable(f"it is of {mode}, the photograph of {image.mode}")
    return image if _is_srgb(profile) else ImageCms.applyTransform(image, transform)


def grey_to_srgb(values: np.ndarray, profile: bytes) -> np.ndarray:
    """Convert greys of any precision, floats in [0, 1], to sRGB's. Raises Unusable."""
    transform, mode = _transform(profile)
    return np.interp(values, np.linspace(0, 1, 256), _greys(transform, mode) / 255).astype("float32")


@lru_cache(maxsize=16)  # thousands of photographs may have the same profile
def _transform(profile):
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = SPACES.get(source.profile.xcolor_space.strip())
        if mode is None:
            raise Unusable(f"its colours are of the kind {source.profile.xcolor_space.strip()}")
        return ImageCms.buildTransform(source, SRGB, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC), mode
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
        raise Unusable("it is broken") from error


def _greys(transform, mode):
    """What a profile makes of the 256 greys of a byte: (256,) in [0, 255]. A profile of RGB says it, too."""
    if mode not in ("L", "RGB"):
        raise Unusable(f"it is of {mode}, the photograph of greys")
    ramp = Image.fromarray(np.arange(256, dtype="uint8")[None]).convert(mode)
    return np.asarray(ImageCms.applyTransform(ramp, transform)).mean(axis=-1)[0]


@lru_cache(maxsize=16)
def _is_srgb(profile):
    transform, mode = _transform(profile)
    if mode != "RGB":
        return False
    steps = np.arange(0, 256, 51, dtype="uint8")
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    changed = np.asarray(ImageCms.applyTransform(Image.fromarray(colors), transform))
    return np.abs(changed.astype(int) - colors).max() <= ALIKE
