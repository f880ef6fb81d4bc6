"""Decode images of all formats but PNG and TIFF, which have readers of their own: Pillow reads what they mean."""

from typing import BinaryIO

from PIL import Image, ImageDraw

from colorlab.data import kinds

Image.init()
# EPS is a program for Ghostscript, and nothing in a stranger's file may be executed. Of FITS, an astronomer's format,
# Pillow does not read how its numbers are scaled.
FORMATS = sorted(set(Image.OPEN) - {"EPS", "FITS"})


def read(file: BinaryIO, start: bytes) -> Image.Image:
    """Decode an image. start : its first bytes.

    Its `info` has "deep", whether it has more than 8 bits a channel, and "images", how many there are. Raises
    UnidentifiedImageError if it is of no format that can be read, and else what Pillow raises.
    """
    image = _opened(file, start)
    about = {"deep": _is_deep(image, start), "images": _images(image, file)}
    box = image.tile[0].extents if image.format == "GIF" and image.tile else None
    image.load()
    if box and box != (0, 0, *image.size):
        image = _clear_around(image, box)
    image.info |= about
    return image


def _opened(file, start):
    if kinds.is_heif(start):
        try:
            import pillow_heif  # an extra package; it comes with its own decoder

            pillow_heif.register_heif_opener()
            return Image.open(file, formats=["HEIF"])
        except ImportError:
            raise Image.UnidentifiedImageError from None
    return Image.open(file, formats=FORMATS)


def _is_deep(opened, start):
    """Whether a file has more than 8 bits a channel: by Pillow's name of how it stores its pixels, such as RGB;16B."""
    if opened.format == "SGI":
        return start[3] == 2  # bytes a channel
    if opened.format == "JPEG2000":  # the bits of each channel, less 1, are said by SIZ or, for all at once, by ihdr
        boxes = start.find(b"ihdr")
        bits = start[42:43] if boxes < 0 else start[boxes + 14 : boxes + 15]
        return opened.mode[0] == "I" or (bits != b"\xff" and any(one & 127 > 7 for one in bits))
    arguments = opened.tile[0].args if opened.tile else ""
    raw, *others = (arguments,) if isinstance(arguments, str) else arguments or ("",)
    if opened.format == "PPM" and any(isinstance(largest, int) and largest > 255 for largest in others):
        return True
    return opened.mode[0] in "IF" or ("16" in str(raw) and not str(raw).startswith("BGR"))  # BGR;16 is 5, 6 and 5 bits


def _images(opened, file):
    try:
        if opened.format == "PPM":
            return _portable_images(opened, file)
        return 1 if opened.format == "MPO" else opened.n_frames  # the others of an MPO are the camera's
    except Exception:  # a format of one image, or one whose end is missing
        return 1


def _portable_images(opened, file):
    """How many images a PBM, PGM or PPM holds, if those that follow are as large as the first."""
    tile, (width, height) = opened.tile[0], opened.size
    if tile.codec_name not in ("raw", "ppm"):  # but not in plain text
        return 1
    deep = 4 if opened.mode == "F" else 1 + _is_deep(opened, b"")
    row = (width + 7) // 8 if opened.mode == "1" else width * len(opened.getbands()) * deep
    end = tile.offset + row * height
    file.seek(end)
    follows = file.read(1) == b"P"
    return max(2, round(file.seek(0, 2) / end)) if follows else 1


def _clear_around(image, box):
    """A GIF whose first picture fills a part of it only is transparent around that."""
    clear, inside = image.convert("RGBA"), Image.new("L", image.size)
    ImageDraw.Draw(inside).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=255)
    result = Image.new("RGBA", image.size)
    result.paste(clear, mask=inside)
    result.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return result
