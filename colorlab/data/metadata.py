"""What a photograph's metadata say of the photograph, without what they say of its file.

A scanner's or camera's file says when, by whom and with what a photograph was made. It also says how its pixels are
stored: how many bits, in which strips, compressed in which way. In another file with other pixels that would be false.
"""

from PIL import ExifTags, Image

Base = ExifTags.Base
DESCRIPTIVE = {
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
    kept = Image.Exif()
    texts = {tag: image.info[name] for name, tag in TEXTS.items() if isinstance(image.info.get(name), str)}
    for tag, value in (texts | _tags(image.getexif)).items():
        value = _text_as_bytes(value)
        if tag in DESCRIPTIVE and _can_be_written({tag: value}):
            kept[tag] = value
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        inner = _tags(lambda part=part: image.getexif().get_ifd(part))
        inner = {tag: _text_as_bytes(value) for tag, value in inner.items() if tag not in STRUCTURAL}
        inner = {tag: value for tag, value in inner.items() if _can_be_written({part: {tag: value}})}
        if inner:
            kept[part] = inner
    return _loaded(kept.tobytes())


def _loaded(data):
    """Metadata as Pillow's writers of all formats take them: parts as they are read, texts as bytes."""
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
    """Whether Pillow can write tags. Some programs write values of a wrong type, which it only reads."""
    exif = Image.Exif()
    exif.update(tags)
    try:
        return bool(exif.tobytes())
    except Exception:
        return False


def _text_as_bytes(value):
    """Pillow reads text as Latin-1 and would write "?" for all that is not ASCII. As bytes, it stays what it was."""
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:  # from a PNG, whose texts may be UTF-8
        return value.encode()
