"""Read a photograph of any kind as people see it: upright, sRGB, 8 bits a channel."""

import errno
import os
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.data import damaged, formats, kinds, png, profiles, samples, tiff, tones
from colorlab.data.metadata import described

EMPTY_EXIF = 26  # bytes at most, of EXIF metadata without a tag


def read_photograph(path: str | Path, file: BinaryIO | None = None) -> Image.Image:
    """Read a photograph. Its mode is L if it is grey, RGBA if parts of it are transparent, and else RGB.

    path : the file. If its bytes come from `file` (a member of an archive), this is only its name in messages.

    Its `info` has "exif", what the file says of the photograph (metadata.py), perhaps "dpi", and "notes": sentences
    about what the file has that the image has not. What had to be guessed or left out is said in a warning.

    Raises BadInput if the file is missing, may not be read, is no image or lacks a visible part of its pixels, or if it
    is larger than Pillow deems safe to open.

    A PNG may hold texts of up to 64 MB: Pillow's limit for them (PngImagePlugin.MAX_TEXT_CHUNK) is raised for the
    whole process when this file is imported.
    """
    try:
        return _read(path, file)
    except BadInput:
        raise
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder: name the photographs in it, as in {path}/*.jpg") from None
    except PermissionError:
        raise BadInput(f"{path} may not be read: ask its owner for permission") from None
    except Image.DecompressionBombError:
        limit = 2 * Image.MAX_IMAGE_PIXELS // 1_000_000
        raise BadInput(f"{path} has more than {limit} million pixels: make it smaller first") from None
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders may raise anything on damaged bytes
        if getattr(error, "errno", None) in (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR):
            raise BadInput(f"{path}: there is no such file ({error.strerror})") from None
        raise BadInput(f"{path} is damaged ({error}): get a whole copy of it") from None


def _read(path, file):
    if file is None:
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            raise BadInput(f"{path} is no file that can be read to its end: give a photograph")
        with Path(path).open("rb") as file:  # by its name, Pillow 13 maps it into memory, and turns it wrongly
            return _read(path, file)
    start = file.read(kinds.START)
    file.seek(0)
    if kinds.is_raw(str(path), start):
        raise BadInput(f"{path} is {kinds.RAW_FILE}")
    try:
        try:
            image = _decoded(file, start)
        except Image.UnidentifiedImageError:
            raise
        except (OSError, SyntaxError, ValueError) as error:
            file.seek(0)
            image = _completed(path, file.read(), error)
    except samples.Unreadable as error:
        raise BadInput(f"{path} is {error}") from None
    except Image.UnidentifiedImageError:
        file.seek(0)
        raise BadInput(f"{path} is {kinds.way_to_read(file.read(kinds.ENOUGH))}") from None
    for said in image.info.get("said", ()):
        warnings.warn(f"{path}: {said}", stacklevel=4)
    return _as_seen(image, path, _notes(image))


def _decoded(file, start):
    """Decode an image. Its `info` has "deep", whether it has more than 8 bits a channel, and "images", how many."""
    if start.startswith(png.MAGIC):
        return png.read(file)
    if start.startswith(tiff.STARTS):
        return tiff.read(file)
    return formats.read(file, start)


def _completed(path, data, error):
    """Read a file whose end is missing, if nothing that can be seen is missing with it. Else raise BadInput."""
    image, missing = None, None
    if data.startswith(png.MAGIC):
        missing = damaged.missing_of_png(data)
    elif data.startswith(tiff.STARTS):
        image, missing = tiff.completed(data)
    else:
        image, missing = damaged.completed(data, formats.FORMATS) or (None, None)
    if image and missing <= damaged.INVISIBLE:
        warnings.warn(f"{path} is cut short, but no part of it that can be seen is missing", stacklevel=5)
        return image
    if missing and missing > damaged.INVISIBLE:
        raise BadInput(f"{path} is cut short ({missing:.1%} of its pixels are missing): get a whole copy of it")
    raise BadInput(f"{path} is damaged ({error}): get a whole copy of it")


def _notes(image):
    """What a result of 8 bits and one image will not have."""
    notes = []
    if image.info.get("deep"):
        notes.append("it has more than 8 bits a channel, the result has 8")
    if (images := image.info.get("images", 1)) > 1:
        notes.append(f"it has {images} images, of which the first is used")
    return tuple(notes)


def _as_seen(image, path, notes):
    """The image as it is meant to be seen, with what its metadata say of the photograph."""
    info = {"exif": described(image).tobytes(), "notes": notes}
    if image.info.get("dpi"):
        info["dpi"] = tuple(map(float, image.info["dpi"]))
    if not _is_upright(image):
        warnings.warn(f"{path} has broken metadata, which are left out: it may lie on its side", stacklevel=5)
    seen = _in_srgb(image, path)
    if seen is image:
        seen = seen.copy()  # without what Pillow remembers of the file, such as that it has no EXIF
    seen.info = info
    return seen


def _is_upright(image):
    """Turn an image as its metadata say. False if they are broken and cannot say it."""
    exif = image.info.get("exif") or b""
    try:
        ImageOps.exif_transpose(image, in_place=True)
        empty = b"II*\0" in exif[:10] or b"MM\0*" in exif[:10]
        return (
            not exif or bool(image.getexif()) or (empty and len(exif) <= EMPTY_EXIF) or exif != image.info.get("exif")
        )
    except Exception:  # Pillow may raise anything on broken metadata
        return False


def _in_srgb(image, path):
    """Turn whatever Pillow has read into 8-bit sRGB: scale 16 bits and floats, apply profiles, resolve palettes."""
    profile = image.info.get("icc_profile")
    if image.mode[0] in "IF":  # I;16, I;16B, I, F: one channel of more than 8 bits
        greys = _greys(image, path)
        if profile:
            greys = _converted(lambda: profiles.grey_to_srgb(greys, profile), greys, path)
        return Image.fromarray(color.to_uint8(greys))
    if image.mode == "1":
        return image.convert("L")
    alpha = None
    if image.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in image.info:
        grey = image.mode in ("LA", "La", "L")
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.getchannel("R") if grey else image.convert("RGB")
    elif image.mode == "LAB":
        return ImageCms.profileToProfile(image, ImageCms.createProfile("LAB"), profiles.SRGB, outputMode="RGB")
    elif image.mode not in ("L", "CMYK"):
        image = image.convert("RGB")
    if profile:
        image = _converted(lambda image=image: profiles.to_srgb(image, profile), image, path)
    if image.mode == "CMYK" or alpha:
        image = image.convert("RGB")
    if alpha:
        image.putalpha(alpha)
    return image


def _greys(image, path):
    # A PNG and a PGM say what their white is, and Pillow has scaled them to 16 bits.
    declared = 65535 if image.format in ("PNG", "PPM") and image.mode != "F" else None
    found = tones.tones(np.asarray(image), declared)
    if found.guess:
        warnings.warn(f"{path}: {found.guess}", stacklevel=6)
    return found.values


def _converted(convert, otherwise, path):
    try:
        return convert()
    except profiles.Unusable as error:
        warnings.warn(f"{path}: its colour profile is not applied ({error})", stacklevel=6)
        return otherwise


def on_white(photograph: Image.Image) -> Image.Image:
    """Return the photograph as RGB, with white where it is transparent."""
    if photograph.mode != "RGBA":
        return photograph.convert("RGB")
    paper = Image.new("RGBA", photograph.size, "white")
    paper.alpha_composite(photograph)
    return paper.convert("RGB")
