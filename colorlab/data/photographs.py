"""Read a photograph of any kind as people see it: upright, sRGB, 8 bits a channel."""

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps

from colorlab.base.errors import BadInput

Image.init()
# EPS is a program for Ghostscript, not a photograph, and nothing in a stranger's file may be executed.
FORMATS = sorted(set(Image.OPEN) - {"EPS"})


def read_photograph(path: str | Path, file: BinaryIO | None = None) -> Image.Image:
    """Read a photograph. Its mode is L if it is grey, RGBA if parts of it are transparent, and else RGB.

    path : the file. If its bytes come from `file` (a member of an archive), this is only its name in messages.

    Raises BadInput if the file is missing, may not be read, is no image or is damaged, or if it is larger than Pillow
    deems safe to open.
    """
    try:
        with Image.open(file or path, formats=FORMATS) as opened:
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)
            return _as_srgb(opened)
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder: name the photographs in it, as in {path}/*.jpg") from None
    except PermissionError:
        raise BadInput(f"{path} may not be read: ask its owner for permission") from None
    except Image.DecompressionBombError:
        limit = 2 * Image.MAX_IMAGE_PIXELS // 1_000_000
        raise BadInput(f"{path} has more than {limit} million pixels: make it smaller first") from None
    except Image.UnidentifiedImageError:
        raise BadInput(f"{path} is not an image that can be read here: convert it to JPEG or PNG") from None
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders may raise anything on damaged bytes
        raise BadInput(f"{path} is damaged or cut short ({error}): get a whole copy of it") from None


def _as_srgb(image):
    """Turn whatever Pillow has read into 8-bit sRGB: scale 16 bits and floats, apply profiles, resolve palettes."""
    if image.mode[0] in "IF":  # I;16, I;16B, I, F: one channel of more than 8 bits
        return Image.fromarray(_as_bytes(np.asarray(image)))
    if image.mode == "1":
        return image.convert("L")
    alpha = None
    if image.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK"):
        image = _converted_from(profile, image)
    image = image if image.mode in ("L", "RGB") else image.convert("RGB")
    if alpha:
        image.putalpha(alpha)
    return image


def on_white(photograph: Image.Image) -> Image.Image:
    """Return the photograph as RGB, with white where it is transparent."""
    if photograph.mode != "RGBA":
        return photograph.convert("RGB")
    paper = Image.new("RGBA", photograph.size, "white")
    paper.alpha_composite(photograph)
    return paper.convert("RGB")


def _as_bytes(values):
    if values.dtype == np.uint16:
        top = 65535  # a file of 16 bits
    else:  # 32 bits or floating point: only the values tell how they are scaled
        top = next((top for top in (1, 255) if values.max() <= top), 65535)
    return (np.clip(values / top, 0, 1) * 255 + 0.5).astype("uint8")


def _converted_from(profile, image):
    """Convert the image to sRGB. It is left as it is if its profile is sRGB already, or broken."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image
