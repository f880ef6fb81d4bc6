"""Recognise files that Pillow cannot read, and say how to make a photograph of each."""

START = 64  # bytes by which a file is recognised
ENOUGH = 2**18  # bytes by which it is said what a file is that cannot be read
RAW = set(".3fr .arw .cr2 .cr3 .crw .dng .erf .mrw .nef .nrw .orf .pef .raf .raw .rw2 .srw .x3f".split())
RAW_STARTS = (b"FUJIFILMCCD-RAW", b"II*\0\x10\0\0\0CR", b"MM\0*\0\0\0\x10CR")
HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
# Names of images end so that Pillow does not know: in a folder, they are not passed over in silence.
ENDINGS = set(".heic .heif .jxl .jxr .wdp .hdp .jls .ljpeg .exr .hdr .pam .dcm .fits .fit .fts .psb .wbmp .xcf".split())
IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"GIF8")  # beginnings of what can be read
VIDEO = "a video: save the frame that you want as a JPEG or PNG"
RAW_FILE = "a camera's raw file: develop it to JPEG or TIFF first, with the camera's program, darktable or RawTherapee"
CONVERT = "convert it to JPEG or PNG"
ARCHIVE = "an archive: unpack it, or give it to `colorlab data pack`"
WEB_PAGE = "a web page, not the photograph on it: save the photograph itself"
LIGHT = "which holds light and no colours of a screen: develop it to JPEG or TIFF, as with darktable"
BEGINNINGS = (  # the first bytes -> what it is, and the way
    (b"%PDF", "a PDF: save its pages as images (`pdftoppm -png`)"),
    (b"%!PS", "PostScript, which is a program: convert it to PNG"),
    (b"\xc5\xd0\xd3\xc6", "PostScript, which is a program: convert it to PNG"),
    (b"\x1aE\xdf\xa3", VIDEO),
    (b"\0\0\1\xba", VIDEO),
    (b"\xff\x0a", "a JPEG XL image: convert it to JPEG or PNG (`djxl`)"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image: convert it to JPEG or PNG (`djxl`)"),
    (b"II\xbc", f"a JPEG XR image: {CONVERT} (`JxrDecApp`)"),
    (b"v/1\x01", f"an OpenEXR image, {LIGHT}"),
    (b"#?RADIANCE", f"a Radiance image (HDR), {LIGHT}"),
    (b"#?RGBE", f"a Radiance image (HDR), {LIGHT}"),
    (b"8BPS\0\2", f"a large Photoshop document (PSB): {CONVERT}"),
    (b"8BPS", "a Photoshop document with 16 or 32 bits a channel, or of a rare kind: save it as a TIFF"),
    (b"gimp xcf", f"a GIMP document: {CONVERT}"),
    (b"SIMPLE  =", "a FITS image, as astronomers use: save it as a TIFF or PNG, with the range that you want to see"),
    (b"P7\n", "a PAM image: convert it to PNG (`pamtopng`)"),
    (b"PF\n", f"a PFM image in colour, {LIGHT}"),
    (b"id=ImageMagick", f"an image of ImageMagick's own kind (MIFF): {CONVERT}"),
    (b"\0\5\x16\7", "what a Mac keeps beside a file (AppleDouble): give the file without ._ before its name"),
    (b"PK\x03\x04", ARCHIVE),
    (b"\x1f\x8b", ARCHIVE),
    (b"7z\xbc\xaf", ARCHIVE),
    (b"Rar!", ARCHIVE),
    (b"version https://git-lfs", "what Git LFS keeps in place of a file: fetch the file with `git lfs pull`"),
    (b"<svg", "a drawing (SVG): convert it to PNG"),
    (b"<!doctype html", WEB_PAGE),
    (b"<html", WEB_PAGE),
)


def is_heif(start: bytes) -> bool:
    """Whether a file that starts with these bytes is a HEIC or HEIF photograph, as iPhones write them, and no AVIF."""
    return start[4:8] == b"ftyp" and start[8:12] in HEIF and b"avif" not in start[8:32]


def is_raw(name: str, start: bytes) -> bool:
    """Whether a file is a camera's raw file. Pillow would open some of them, and find the thumbnail."""
    return name[name.rfind(".") :].lower() in RAW or start.startswith(RAW_STARTS)


def is_image(start: bytes) -> bool:
    """Whether a file that starts with these bytes is an image of one of the kinds that most photographs have."""
    return start.startswith(IMAGES) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP") or is_heif(start)


def way_to_read(start: bytes) -> str:
    """Say what a file is and what to do, after "FILE is ". start : its first ENOUGH bytes."""
    if not start:
        return "empty: get a whole copy of it"
    if is_heif(start):
        return "a HEIC photograph: `pip install pillow-heif` lets colorlab read it, or convert it to JPEG"
    if start[4:8] == b"ftyp":
        return "an AVIF image: convert it to JPEG or PNG" if start[8:12] in (b"avif", b"avis") else VIDEO
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return VIDEO
    if start[128:132] == b"DICM":
        return f"a DICOM image, as hospitals use: {CONVERT} (`dcm2pnm`)"
    if start.startswith(b"\xff\xd8\xff"):
        return _jpeg(start)
    if start[522:526] == b"\0\x11\x02\xff":
        return f"a PICT image, of an old Mac: {CONVERT}"
    if start.startswith(b"\0\0") and _is_wbmp(start):
        return f"a WBMP image, of an old telephone: {CONVERT}"
    text = start[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<?xml") and b"<svg" in text:
        text = b"<svg"
    known = (what for beginning, what in BEGINNINGS if start.startswith(beginning) or text.startswith(beginning))
    return next(known, f"not an image that can be read here: {CONVERT}")


def _jpeg(start):
    """What hinders a JPEG, by the marker at which its image begins (ITU-T T.81, table B.1)."""
    at = 2
    while at + 9 < len(start) and start[at] == 0xFF:
        marker, length = start[at + 1], int.from_bytes(start[at + 2 : at + 4], "big")
        if marker in (0xC3, 0xC7, 0xCB, 0xCF):
            return f"a lossless JPEG, as scanners of X-rays write: {CONVERT}"
        if marker == 0xF7:
            return f"a JPEG-LS image: {CONVERT}"
        if 0xC0 <= marker < 0xD0 and marker not in (0xC4, 0xC8, 0xCC):
            if start[at + 4] != 8:
                return f"a JPEG of {start[at + 4]} bits a channel: save it with 8 bits, or as a TIFF or PNG"
            if start[at + 5 : at + 7] == b"\0\0":
                return f"a JPEG that says its height at its end: {CONVERT}"
        at += 2 + length
    return "a JPEG that is damaged: get a whole copy of it"


def _is_wbmp(data):
    """Whether a file of two numbers, width and height, and a bit for each pixel has the size that these say."""
    numbers, at = [0, 0], 2
    for which in range(2):
        while at < len(data):
            numbers[which], at = numbers[which] << 7 | data[at] & 127, at + 1
            if data[at - 1] < 128:
                break
    return 0 < numbers[0] * numbers[1] and len(data) == at + (numbers[0] + 7) // 8 * numbers[1]
