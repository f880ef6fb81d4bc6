"""What a photograph's metadata say of the photograph, without what they say of its file.

A scanner's or camera's file says when, by whom and with what a photograph was made. It also says how its pixels are
stored: how many bits, in which strips, compressed in which way. In another file with other pixels that would be false.
"""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

from PIL import ExifTags, Image

Base = ExifTags.Base
LONGEST = 16_000  # bytes of a value; a JPEG has room for 64 kB of metadata
OF_THE_FILE = '{"shape"', "<?xml", "<OME", "ImageJ=", "SCI="  # a description that begins so tells how pixels are stored
DESCRIPTIVE = {
    Base.DocumentName,
    Base.ImageDescription,
    Base.Make,
    Base.Model,
    Base.XResolution,
    Base.YResolution,
    Base.ResolutionUnit,
    Base.DateTime,
    Base.Artist,
    Base.Copyright,
    Base.Rating,
    Base.XPTitle,
    Base.XPComment,
    Base.XPAuthor,
    Base.XPKeywords,
    Base.XPSubject,
}
STRUCTURAL = {  # in the part that describes the exposure, which is kept but for these
    Base.ColorSpace,
    Base.Gamma,
    Base.ExifImageWidth,
    Base.ExifImageHeight,
    Base.ComponentsConfiguration,
    Base.CompressedBitsPerPixel,
    Base.CFAPattern,
    Base.MakerNote,  # of a private format, often with places in the old file
    ExifTags.IFD.Interop,
}
TEXTS = {  # keywords of a PNG's texts -> tags
    "Title": Base.ImageDescription,
    "Description": Base.ImageDescription,
    "Author": Base.Artist,
    "Copyright": Base.Copyright,
}


def described(image: Image.Image) -> Image.Exif:
    """Return what the metadata of an image say of the photograph. What is broken is left out."""
    kept = {}
    found = {name: image.info.get(name) for name in TEXTS}
    texts = {TEXTS[name]: _as_in_exif(text) for name, text in found.items() if isinstance(text, str)}
    for tag, value in (texts | _tags(image.getexif)).items():
        if tag in DESCRIPTIVE and not (isinstance(value, str) and value.startswith(OF_THE_FILE)):
            kept[tag] = value
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        inner = _tags(lambda part=part: image.getexif().get_ifd(part))
        if part == ExifTags.IFD.Exif and (taken := _taken(image.info.get("Creation Time"))):
            inner.setdefault(Base.DateTimeOriginal, taken)
        if inner := {tag: value for tag, value in inner.items() if tag not in STRUCTURAL}:
            kept[part] = inner
    return _loaded(_written(_short(kept)))


def _taken(text):
    """A PNG's text of when a photograph was taken, as in RFC 2822, ISO 8601 or EXIF, as EXIF has it. Else None."""
    if not isinstance(text, str):
        return None
    iso = re.sub(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3", text.strip())
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = read(iso)
        except Exception:  # the reader of RFC 2822 may raise anything on a text that is no date
            continue
        return f"{time:%Y:%m:%d %H:%M:%S}" if len(iso) > len("1953-05-01") else f"{time:%Y:%m:%d}   :  :  "
    return None


def _short(tags):
    """Tags with texts as bytes, without those that are too long for a JPEG to hold them."""
    short = {tag: _short(value) if isinstance(value, dict) else _text_as_bytes(value) for tag, value in tags.items()}
    return {tag: value for tag, value in short.items() if not isinstance(value, bytes) or len(value) <= LONGEST}


def _written(tags):
    """EXIF metadata as bytes. Values of a wrong type, which Pillow reads and cannot write, are left out."""
    exif = Image.Exif()
    try:
        exif.update(tags)
        return exif.tobytes()
    except Exception:
        good = {tag: _good(tag, value) for tag, value in tags.items()}
        exif = Image.Exif()
        exif.update({tag: value for tag, value in good.items() if value is not None})
        return exif.tobytes()


def _good(tag, value):
    """The value of a tag if Pillow can write it, else None. Of a part, itself a dictionary, what it can write."""
    if isinstance(value, dict):
        return {inner: one for inner, one in value.items() if _can_be_written({tag: {inner: one}})} or None
    return value if _can_be_written({tag: value}) else None


def _loaded(data):
    """Load metadata so that the writers of all formats accept them, which takes texts as bytes."""
    exif = Image.Exif()
    exif.load(data)
    exif.update({tag: _text_as_bytes(value) for tag, value in exif.items()})
    return exif


def _tags(read):
    try:
        return dict(read())
    except Exception:  # Pillow may raise anything on broken metadata
        return {}


def _can_be_written(tags):
    """Whether Pillow can write tags."""
    exif = Image.Exif()
    exif.update(tags)
    try:
        return bool(exif.tobytes())
    except Exception:
        return False


def _as_in_exif(text):
    """A PNG's text as Pillow would read it from EXIF: the bytes of its UTF-8, each as a letter of Latin-1."""
    try:
        text.encode("latin-1").decode()  # some programs write UTF-8 where a PNG should have Latin-1
        return text
    except UnicodeError:
        return text.encode().decode("latin-1")


def _text_as_bytes(value):
    """Pillow reads text as Latin-1 and would write "?" for all that is not ASCII. As bytes, it stays what it was."""
    return value.encode("latin-1") if isinstance(value, str) and not value.isascii() else value
