"""Recognise files that Pillow cannot read, and say how to make a photograph of each."""

RAW = set(".3fr .arw .cr2 .cr3 .crw .dng .erf .mrw .nef .nrw .orf .pef .raf .raw .rw2 .srw .x3f".split())
RAW_STARTS = (b"FUJIFILMCCD-RAW", b"II*\0\x10\0\0\0CR", b"MM\0*\0\0\0\x10CR")
HEIF_ENDINGS = {".heic", ".heif"}
HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
VIDEO = "a video: save the frame that you want as a JPEG or PNG"
RAW_FILE = "a camera's raw file: develop it to JPEG or TIFF first, with the camera's program, darktable or RawTherapee"
BEGINNINGS = (  # the first bytes -> what it is, and the way
    (b"%PDF", "a PDF: save its pages as images (`pdftoppm -png`)"),
    (b"%!PS", "PostScript, which is a program: convert it to PNG"),
    (b"\x1aE\xdf\xa3", VIDEO),
    (b"\xff\x0a", "a JPEG XL image: convert it to JPEG or PNG (`djxl`)"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image: convert it to JPEG or PNG (`djxl`)"),
    (b"PK\x03\x04", "an archive: unpack it, or give it to `colorlab data pack`"),
    (b"\x1f\x8b", "an archive: unpack it, or give it to `colorlab data pack`"),
    (b"<svg", "a drawing (SVG): convert it to PNG"),
    (b"<!doctype html", "a web page, not the photograph on it: save the photograph itself"),
    (b"<html", "a web page, not the photograph on it: save the photograph itself"),
)


def is_heif(start: bytes) -> bool:
    """Whether a file that starts with these bytes is a HEIC or HEIF photograph, as iPhones write them, and no AVIF."""
    return start[4:8] == b"ftyp" and start[8:12] in HEIF and b"avif" not in start[8:]


def is_raw(name: str, start: bytes) -> bool:
    """Whether a file is a camera's raw file. Pillow would open some of them, and find the thumbnail."""
    return name[name.rfind(".") :].lower() in RAW or start.startswith(RAW_STARTS)


def way_to_read(start: bytes) -> str:
    """Say what a file is and what to do, after "FILE is ". start : its first bytes, 32 or more."""
    if not start:
        return "empty: get a whole copy of it"
    if is_heif(start):
        return "a HEIC photograph: `pip install pillow-heif` lets colorlab read it, or convert it to JPEG"
    if start[4:8] == b"ftyp":
        return "an AVIF image: convert it to JPEG or PNG" if start[8:12] in (b"avif", b"avis") else VIDEO
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return VIDEO
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    known = (what for beginning, what in BEGINNINGS if (start.startswith(beginning) or text.startswith(beginning)))
    return next(known, "not an image that can be read here: convert it to JPEG or PNG")
