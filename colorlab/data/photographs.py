"""Read a photograph of any kind as people see it: upright, sRGB, 8 bits a channel."""

import errno
import os
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.data import damaged, kinds, profiles, tones
from colorlab.data.metadata import described

Image.init()
# EPS is a program for Ghostscript, and nothing in a stranger's file may be executed. Of FITS, an astronomer's format,
# Pillow does not read how its numbers are scaled.
FORMATS = sorted(set(Image.OPEN) - {"EPS", "FITS"})
PngImagePlugin.MAX_TEXT_CHUNK = 2**26  # bytes: a text or a profile may be large, and the pixels are there all the same
START = 64  # bytes by which a file is recognised
EMPTY_EXIF = 26  # bytes at most, of EXIF metadata without a tag


def read_photograph(path: str | Path, file: BinaryIO | None = None) -> Image.Image:
    """Read a photograph. Its mode is L if it is grey, RGBA if parts of it are transparent, and else RGB.

    path : the file. If its bytes come from `file` (a member of an archive), this is only its name in messages.

    Its `info` has "exif", what the file says of the photograph (metadata.py), perhaps "dpi", and "notes": sentences
    about what the file has that the image has not. What had to be guessed or left out is said in a warning.

    Raises BadInput if the file is missing, may not be read, is no image or lacks a visible part of its pixels, or if it
    is larger than Pillow deems safe to open.
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
    start = file.read(START)
    file.seek(0)
    if kinds.is_raw(str(path), start):
        raise BadInput(f"{path} is {kinds.RAW_FILE}")
    try:
        with _opened(file, start) as opened:
            _to_the_first_page(opened)
            notes = _notes(opened)
            try:
                opened.load()
            except (OSError, SyntaxError, ValueError) as error:
                file.seek(0)
                opened = _completed(path, file.read(), error)
            return _as_seen(opened, path, notes)
    except Image.UnidentifiedImageError:
        raise BadInput(f"{path} is {kinds.way_to_read(start)}") from None


def _opened(file, start):
    if kinds.is_heif(start):
        try:
            import pillow_heif  # an extra package; it comes with its own decoder

            pillow_heif.register_heif_opener()
            return Image.open(file, formats=["HEIF"])
        except ImportError:
            raise Image.UnidentifiedImageError from None
    return Image.open(file, formats=FORMATS)


def _completed(path, data, error):
    """Read a file whose end is missing, if nothing that can be seen is missing with it. Else raise BadInput."""
    if data.startswith(b"\x89PNG"):
        missing = damaged.missing_of_png(data)
    else:
        image, missing = damaged.completed(data, FORMATS) or (None, None)
        if image and missing <= damaged.INVISIBLE:
            warnings.warn(f"{path} is cut short, but no part of it that can be seen is missing", stacklevel=5)
            return image
    if not missing and data.startswith((b"II", b"MM")):
        raise BadInput(f"{path} is {kinds.TIFF}")
    if missing:
        raise BadInput(f"{path} is cut short ({missing:.1%} of its pixels are missing): get a whole copy of it")
    raise BadInput(f"{path} is damaged ({error}): get a whole copy of it")


def _to_the_first_page(opened):
    """Of a TIFF, go to the first page that is no smaller copy. Raises UnidentifiedImageError if Pillow misreads it."""
    if opened.format != "TIFF":
        return
    while opened.tag_v2.get(254, 0) & 1 and opened.tell() + 1 < opened.n_frames:
        opened.seek(opened.tell() + 1)
    tags = opened.tag_v2
    if tags.get(284) == 2 and max(tags.get(258, (8,))) > 8 and tags.get(259, 1) == 1:  # Pillow 13 mixes its planes up
        raise Image.UnidentifiedImageError


def _notes(opened):
    """What a result of 8 bits and one image will not have."""
    notes = []
    if _is_deep(opened):
        notes.append("it has more than 8 bits a channel, the result has 8")
    if (frames := _frames(opened)) > 1:
        notes.append(f"it has {frames} images, of which the first is used")
    return tuple(notes)


def _is_deep(opened):
    """Whether a file has more than 8 bits a channel: by Pillow's name of how it stores its pixels, such as RGB;16B."""
    arguments = opened.tile[0].args if opened.tile else ""
    raw, *others = (arguments,) if isinstance(arguments, str) else arguments or ("",)
    if opened.format == "PPM" and any(isinstance(largest, int) and largest > 255 for largest in others):
        return True
    return opened.mode[0] in "IF" or ("16" in str(raw) and not str(raw).startswith("BGR"))  # BGR;16 is 5, 6 and 5 bits


def _frames(opened):
    try:
        if opened.format == "MPO":  # the others are the camera's
            return 1
        if opened.format == "TIFF":
            here, count = opened.tell(), 0
            for page in range(opened.n_frames):
                opened.seek(page)
                count += not opened.tag_v2.get(254, 0) & 1  # no smaller copy of another page
            opened.seek(here)
            return count
        return opened.n_frames
    except Exception:  # a format of one image, or one whose end is missing
        return 1


def _as_seen(image, path, notes):
    """The image as it is meant to be seen, with what its metadata say of the photograph."""
    tags = dict(getattr(image, "tag_v2", {}))  # of a TIFF
    info = {"exif": described(image).tobytes(), "notes": notes}
    if image.info.get("dpi"):
        info["dpi"] = tuple(map(float, image.info["dpi"]))
    if not _is_upright(image):
        warnings.warn(f"{path} has broken metadata, which are left out: it may lie on its side", stacklevel=5)
    seen = _in_srgb(image, tags, path)
    if type(seen) is not Image.Image:
        seen = seen.copy()  # without what Pillow remembers of the file
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


def _in_srgb(image, tags, path):
    """Turn whatever Pillow has read into 8-bit sRGB: scale 16 bits and floats, apply profiles, resolve palettes."""
    profile = image.info.get("icc_profile")
    if image.mode[0] in "IF":  # I;16, I;16B, I, F: one channel of more than 8 bits
        greys = _greys(image, tags, path)
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


def _greys(image, tags, path):
    values = np.asarray(image)
    if image.mode == "I" and tags.get(258) == (32,) and tags.get(339, (1,)) == (1,):  # unsigned; Pillow takes a sign
        values = values.view("uint32")
    elif image.mode == "I" and tags.get(258) == (16,):  # with a sign; Pillow has read them into 32 bits
        values = values.astype("int16")
    # A PNG and a PGM say what their white is, and Pillow has scaled them to 16 bits. A TIFF does not.
    declared = 65535 if image.format in ("PNG", "PPM") and image.mode != "F" else None
    found = tones.tones(values, declared, white_is_zero=tags.get(262) == 0)
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
