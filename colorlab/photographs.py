"""Read a photograph of any kind as people see it: upright, sRGB, 8 bits a channel."""

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps

from colorlab import BadInput


def read_photograph(path: str | Path, file: BinaryIO | None = None) -> Image.Image:
    """Read a photograph: mode L if it is grey, RGB, or RGBA if parts of it are transparent.

    path : the file, or, when its bytes come from `file` (a member of an archive), what to call it in messages.

    Raises BadInput if the file is missing, not an image, damaged, or larger than Pillow deems safe to open.
    """
    try:
        with warnings.catch_warnings(), Image.open(file or path) as opened:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its error, at twice the size, stays
            opened.load()
            return _as_srgb(ImageOps.exif_transpose(opened))
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder: name the photographs in it, as in {path}/*.jpg") from None
    except Image.DecompressionBombError:
        limit = 2 * Image.MAX_IMAGE_PIXELS // 1_000_000
        raise BadInput(f"{path} has more than {limit} million pixels: make it smaller first") from None
    except Image.UnidentifiedImageError:
        raise BadInput(f"{path} is not an image that can be read here: convert it to JPEG or PNG") from None
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error) as error:  # Pillow's decoders raise them all
        raise BadInput(f"{path} is damaged or cut short ({error}): get a whole copy of it") from None


def _as_srgb(image):
    """8-bit sRGB from whatever Pillow has read: 16 bits and floats scaled, profiles applied, palettes resolved."""
    if image.mode[0] in "IF":  # I;16, I;16B, I, F: one channel of more than 8 bits
        return Image.fromarray(_as_bytes(np.asarray(image)))
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in image.info:
        return image.convert("RGBA")
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _converted_from(profile, image)
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _as_bytes(values):
    top = 1.0 if values.dtype.kind == "f" and values.max() <= 1 else 255.0 if values.max() <= 255 else 65535.0
    return (np.clip(values / top, 0, 1) * 255 + 0.5).astype("uint8")


def _converted_from(profile, image):
    """The image in sRGB; left as it is if its profile is sRGB already, or broken."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        mode = "L" if image.mode == "L" else "RGB"
        if mode == "L":
            return image  # a grey profile only says how the greys are spaced; sRGB's spacing is near enough
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image
