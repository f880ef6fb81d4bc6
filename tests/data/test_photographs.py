"""Reading photographs of every kind, and refusing what is none with one sentence that names the file."""

import io
import subprocess
import sys
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.data.photographs import read_photograph

CAT = DATA / "pocket" / "animal" / "cat.jpg"


@pytest.fixture(scope="module")
def cat():
    return Image.open(CAT).convert("RGB")


def sixteen_bits(cat):
    return Image.fromarray(np.asarray(cat.convert("L")).astype("uint16") * 257)


def palette_with_transparency(cat):
    image = cat.quantize(64)
    image.info["transparency"] = 0
    return image


def half_transparent(cat):
    image = cat.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(cat.size))
    return image


MODES = {  # how to make it -> (file name, the mode it is read as)
    "grey": (lambda cat: cat.convert("L"), "grey.png", "L"),
    "black and white": (lambda cat: cat.convert("1"), "bits.png", "L"),
    "grey with alpha": (lambda cat: cat.convert("LA"), "la.png", "RGBA"),
    "palette": (lambda cat: cat.quantize(64), "palette.png", "RGB"),
    "palette with transparency": (palette_with_transparency, "transparent.png", "RGBA"),
    "transparent": (half_transparent, "rgba.webp", "RGBA"),
    "CMYK": (lambda cat: cat.convert("CMYK"), "cmyk.jpg", "RGB"),
    "YCbCr": (lambda cat: cat.convert("YCbCr"), "ycbcr.tif", "RGB"),
    "16 bits": (sixteen_bits, "deep.png", "L"),
    "floating point": (lambda cat: Image.fromarray(np.asarray(cat.convert("L")) / np.float32(255)), "f.tif", "L"),
    "GIF": (lambda cat: cat.quantize(64), "cat.gif", "RGB"),
}


@pytest.mark.parametrize("kind", MODES)
def test_every_mode_is_read_as_people_see_it(cat, tmp_path, kind):
    make, name, mode = MODES[kind]
    make(cat).save(tmp_path / name)
    photograph = read_photograph(tmp_path / name)
    assert photograph.mode == mode and photograph.size == cat.size
    if kind != "black and white":
        difference = np.asarray(photograph.convert("L")).astype(int) - np.asarray(cat.convert("L"))
        assert np.abs(difference).mean() < 6, kind


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_stand_upright(cat, tmp_path, orientation):
    """A camera held sideways writes the picture lying and says so in EXIF; the two must cancel out."""
    lay = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
           5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
           8: Image.Transpose.ROTATE_270}  # fmt: skip
    lying = cat.transpose(lay[orientation]) if orientation in lay else cat
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying.save(tmp_path / "photo.png", exif=exif)
    photograph = read_photograph(tmp_path / "photo.png")
    np.testing.assert_array_equal(np.asarray(photograph), np.asarray(cat))
    assert photograph.getexif().get(0x0112, 1) == 1


def test_a_color_profile_is_applied(cat, tmp_path):
    """A profile in which red and blue have changed places: what is stored as red is meant, and read, as blue."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    renamed = swapped.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    Image.merge("RGB", cat.split()[::-1]).save(tmp_path / "swapped.png", icc_profile=renamed)
    difference = np.asarray(read_photograph(tmp_path / "swapped.png")).astype(int) - np.asarray(cat)
    assert np.abs(difference).mean() < 2


def test_a_color_profile_is_applied_to_transparent_photographs_too(cat, tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    renamed = swapped.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    image = Image.merge("RGB", cat.split()[::-1])
    image.putalpha(128)
    image.save(tmp_path / "swapped.png", icc_profile=renamed)
    photograph = read_photograph(tmp_path / "swapped.png")
    assert photograph.mode == "RGBA"
    assert np.abs(np.asarray(photograph)[..., :3].astype(int) - np.asarray(cat)).mean() < 2


def test_a_broken_profile_is_ignored(cat, tmp_path):
    cat.save(tmp_path / "photo.png", icc_profile=b"not a profile")
    np.testing.assert_array_equal(np.asarray(read_photograph(tmp_path / "photo.png")), np.asarray(cat))


def _bomb(path):
    """A PNG header that promises 40,000 x 40,000 pixels."""
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    data[16:24] = (40_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)


BAD = {
    "missing": (lambda path: None, "there is no such file"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "text": (lambda path: path.write_text("Dear diary"), "not an image"),
    "truncated": (lambda path: path.write_bytes(CAT.read_bytes()[:4000]), r"cut short \(5[0-9.]+% of its pixels"),
    "header only": (lambda path: path.write_bytes(CAT.read_bytes()[:100]), "not an image|damaged"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "gigantic": (_bomb, "million pixels"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_gets_one_sentence_with_the_file(tmp_path, kind):
    make, message = BAD[kind]
    path = tmp_path / "photo.png"
    make(path)
    with pytest.raises(BadInput, match=message) as caught:
        read_photograph(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_an_archive_member_is_named_as_its_caller_calls_it():
    with pytest.raises(BadInput, match="inside.zip: a/b.jpg"):
        read_photograph("inside.zip: a/b.jpg", io.BytesIO(b"nothing"))


def test_importing_it_changes_no_warning_filter():
    """The filters belong to the program that imports us."""
    program = """
import warnings
import numpy, PIL.Image, PIL.ImageCms, PIL.ImageOps  # these may set filters of their own
before = list(warnings.filters)
import colorlab.data.photographs
assert warnings.filters == before
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def png_cut_at(share):
    buffer = io.BytesIO()
    Image.effect_noise((200, 100), 60).save(buffer, "PNG")
    return buffer.getvalue()[: int(share * len(buffer.getvalue()))]


def tiff_with(**options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((40, 60), "uint8"), **options)
    return buffer.getvalue()


def png_bomb():
    """A PNG of 8x8 pixels that has a bad filter and unpacks to 64 MB."""
    data = zlib.compress(b"\x09" + bytes(2**26))
    chunk = b"IDAT" + data
    chunk = len(data).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()[:33] + chunk


OTHERS = {  # name -> (its bytes, what it is and the way)
    "photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "a HEIC photograph: `pip install pillow-heif`"),
    "photo.jpg": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(40), "a HEIC photograph"),
    "film.mp4": (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2" + bytes(40), "a video"),
    "film.mkv": (b"\x1aE\xdf\xa3" + bytes(60), "a video"),
    "film.avi": (b"RIFF\x10\0\0\0AVI LIST" + bytes(40), "a video"),
    "scan.pdf": (b"%PDF-1.7\n" + bytes(40), "a PDF"),
    "photo.CR2": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(40), "a camera's raw file"),
    "photo.dng": (b"II*\0" + bytes(60), "a camera's raw file"),
    "page.jpg": (b"\n<!DOCTYPE html><html>" + bytes(40), "a web page"),
    "drawing.svg": (b"<svg xmlns=" + bytes(40), r"a drawing \(SVG\)"),
    "photo.jxl": (b"\xff\x0a" + bytes(60), "a JPEG XL image"),
    "photo.jxr": (b"II\xbc\1" + bytes(60), "a JPEG XR image"),
    "photo.jls": (b"\xff\xd8\xff\xf7\0\x0b\x08\0\1\0\1\1\1\x11\0" + bytes(40), "a JPEG-LS image"),
    "lossless.jpg": (b"\xff\xd8\xff\xc3\0\x0b\x10\0\1\0\1\1\1\x11\0" + bytes(40), "a lossless JPEG"),
    "twelve.jpg": (b"\xff\xd8\xff\xc1\0\x0b\x0c\0\1\0\1\1\1\x11\0" + bytes(40), "a JPEG of 12 bits"),
    "half.jpg": (b"\xff\xd8\xff", "a JPEG that is damaged"),
    "photo.exr": (b"v/1\1" + bytes(60), "an OpenEXR image"),
    "photo.hdr": (b"#?RADIANCE\n" + bytes(60), "a Radiance image"),
    "photo.psb": (b"8BPS\0\2" + bytes(60), r"a large Photoshop document \(PSB\)"),
    "sixteen.psd": (b"8BPS\0\1" + bytes(60), "a Photoshop document with 16 or 32 bits"),
    "photo.fits": (b"SIMPLE  =                    T" + bytes(60), "a FITS image"),
    "photo.dcm": (bytes(128) + b"DICM" + bytes(60), "a DICOM image"),
    "photo.pam": (b"P7\nWIDTH 3\n" + bytes(60), "a PAM image"),
    "photo.pfm": (b"PF\n3 4\n-1.0\n" + bytes(60), "a PFM image in colour"),
    "photo.wbmp": (b"\0\0\x81\x00\x08" + bytes(16 * 8), "a WBMP image"),
    "photo.pict": (bytes(522) + b"\0\x11\x02\xff" + bytes(60), "a PICT image"),
    "._photo.jpg": (b"\0\5\x16\7" + bytes(60), "AppleDouble"),
    "pointer.jpg": (b"version https://git-lfs.github.com/spec/v1\n" + bytes(60), "git lfs pull"),
    "xml.svg": (b"<?xml version='1.0'?>\n<svg xmlns=" + bytes(40), r"a drawing \(SVG\)"),
    "photos.zip": (b"PK\x03\x04" + bytes(60), "an archive"),
    "cut.png": (png_cut_at(0.7), r"cut short \((29|30)\.\d% of its pixels are missing\)"),
    "lerc.tif": (tiff_with().replace(b"\x03\1\3\0\1\0\0\0\1\0", b"\x03\1\3\0\1\0\0\0\x47\x88"), "compressed with LERC"),
    "headless.tif": (tiff_with()[:8] + bytes(60), "a TIFF whose description is missing"),
    "bomb.png": (png_bomb(), "damaged"),
    "x" * 300: (None, "there is no such file"),
}


@pytest.mark.parametrize("name", OTHERS, ids=lambda name: name[:20])
def test_what_cannot_be_opened_is_helped_with(tmp_path, name):
    data, message = OTHERS[name]
    if data:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput, match=message) as caught:
        read_photograph(tmp_path / name)
    assert "\n" not in str(caught.value) and str(tmp_path / name) in str(caught.value)


def test_a_profile_is_judged_by_what_it_does(cat, tmp_path):
    """The name of sRGB on another profile changes nothing, and sRGB under another name leaves every byte as it is."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    cat.save(tmp_path / "renamed.png", icc_profile=srgb.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be")))
    np.testing.assert_array_equal(np.asarray(read_photograph(tmp_path / "renamed.png")), np.asarray(cat))
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    Image.merge("RGB", cat.split()[::-1]).save(tmp_path / "swapped.png", icc_profile=swapped)
    assert np.abs(np.asarray(read_photograph(tmp_path / "swapped.png")).astype(int) - np.asarray(cat)).mean() < 2


@pytest.mark.parametrize("suffix", [".jp2", ".j2k"])
@pytest.mark.parametrize("bits", [8, 12])
def test_a_jpeg_2000_in_color_says_how_many_bits_it_has(tmp_path, suffix, bits):
    """Pillow writes 8 bits. Their number, less 1, is in the headers; with another number there, the pixels go dark."""
    path = tmp_path / f"photo{suffix}"
    Image.new("RGB", (64, 64), "red").save(path)
    header, siz, rest = path.read_bytes().partition(b"\xff\x4f\xff\x51")
    less = bytes([bits - 1])
    header = header.replace(b"\0\3\7\7", b"\0\3" + less + b"\7")
    path.write_bytes(header + siz + rest.replace(b"\0\3\7\1\1\7\1\1\7", b"\0\3" + (less + b"\1\1") * 2 + less, 1))
    assert bool(read_photograph(path).info["notes"]) == (bits == 12)
