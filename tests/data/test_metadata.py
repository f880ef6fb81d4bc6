"""What is said of the photograph goes over to every format, and what is said of the file to none."""

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from colorlab.base.paths import DATA
from colorlab.painting import files
from colorlab.painting.network import load

KEPT = {0x010E: "Häuser am Fluss", 0x010F: "Leica", 0x0110: "M3", 0x0132: "1955:06:07 08:09:10", 0x013B: "Jürgen"}
KEPT |= {0x8298: "© 1955"}
EXPOSURE = {0x9003: "1955:06:07 08:09:10", 0x829A: (1, 250)}
PLACE = {1: "N", 2: (48.0, 8.0, 0.0)}
OF_THE_FILE = {0x0103: 5, 0x0106: 0, 0x0115: 1, 0x0111: 77, 0x011C: 2, 0x014A: 8, 0xC4A5: b"private"}
OF_THE_PIXELS = {0xA001: 65535, 0xA002: 4000, 0x927C: b"maker's note"}
STRUCTURAL = set(range(0x0100, 0x0107)) | {0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x011C, 0x0153}  # TIFF needs them


@pytest.fixture(scope="module")
def exif():
    """As bytes of EXIF: Pillow would write "?" for an umlaut."""
    exif = Image.Exif()
    exif.update({tag: value.encode() for tag, value in KEPT.items()} | OF_THE_FILE)
    exif[0x8769], exif[0x8825] = EXPOSURE | OF_THE_PIXELS, PLACE
    return exif.tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_what_describes_the_photograph_is_kept_and_nothing_else(suffix, exif, tmp_path):
    path = tmp_path / "photo.png"
    Image.open(DATA / "legacy" / "alpine_landscape_1870.jpg").convert("RGB").save(path, exif=exif, dpi=(300, 300))
    photograph, target = files.read(path), tmp_path / f"result{suffix}"
    files.write(Image.new("RGB", photograph.size, "red"), photograph, target)
    with Image.open(target) as result:
        found = result.getexif()
        texts = {tag: str(found[tag]).encode("latin-1").decode() for tag in KEPT}
        assert texts == KEPT
        assert found[files.SOFTWARE].startswith(files.SIGNATURE)
        assert found.get_ifd(0x8825) == PLACE
        inner = found.get_ifd(0x8769)
        assert inner[0x9003] == EXPOSURE[0x9003] and not set(inner) & set(OF_THE_PIXELS)
        allowed = set(KEPT) | {files.SOFTWARE, 0x8769, 0x8825, 0x011A, 0x011B, 0x0128}
        assert set(found) <= allowed | (STRUCTURAL if suffix == ".tif" else set())
        assert suffix == ".webp" or round(result.info["dpi"][0]) == 300
        assert np.asarray(result.convert("RGB")).mean(axis=(0, 1))[0] > 240  # and its pixels are those of the result


@pytest.mark.parametrize("gamma", [45455, 55556])
def test_the_texts_of_a_png_are_kept_as_metadata(tmp_path, gamma):
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", gamma.to_bytes(4, "big"))
    info.add_itxt("Author", "Zoë Łódź")
    info.add_itxt("Title", "Häuser")
    Image.new("L", (80, 60)).save(tmp_path / "photo.png", pnginfo=info)
    files.write(Image.new("RGB", (80, 60)), files.read(tmp_path / "photo.png"), tmp_path / "result.jpg")
    with Image.open(tmp_path / "result.jpg") as result:
        assert [result.getexif()[tag].encode("latin-1").decode() for tag in (0x013B, 0x010E)] == ["Zoë Łódź", "Häuser"]


@pytest.mark.parametrize("stored", ["Müller".encode("latin-1"), "Müller".encode()])
def test_an_umlaut_in_a_text_of_a_png_becomes_utf_8(tmp_path, stored):
    info = PngImagePlugin.PngInfo()
    info.add(b"tEXt", b"Author\0" + stored)
    Image.new("L", (80, 60)).save(tmp_path / "photo.png", pnginfo=info)
    assert files.read(tmp_path / "photo.png").info["exif"].count("Müller".encode() + b"\0") == 1


TIMES = {
    "Fri, 1 May 1953 10:00:00 +0000": "1953:05:01 10:00:00",
    "1953-05-01T10:00:00+01:00": "1953:05:01 10:00:00",
    "1953:05:01 10:00:00": "1953:05:01 10:00:00",
    "1953-05-01": "1953:05:01   :  :  ",  # EXIF's way to say that the hour is unknown
    "in May, I think": None,
}


@pytest.mark.parametrize("text", TIMES)
def test_when_a_png_was_taken_is_kept_unless_its_exif_says_it(tmp_path, text):
    info, exif = PngImagePlugin.PngInfo(), Image.Exif()
    info.add_text("Creation Time", text)
    Image.new("L", (80, 60)).save(tmp_path / "photo.png", pnginfo=info)
    assert files.read(tmp_path / "photo.png").getexif().get_ifd(0x8769).get(0x9003) == TIMES[text]
    exif[0x8769] = EXPOSURE
    Image.new("L", (80, 60)).save(tmp_path / "photo.png", pnginfo=info, exif=exif)
    assert files.read(tmp_path / "photo.png").getexif().get_ifd(0x8769)[0x9003] == EXPOSURE[0x9003]


def test_a_tag_that_cannot_be_written_goes_alone(tmp_path):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x013B], tags[0x4746] = "The photographer", 3
    tags.tagtype[0x4746] = TiffImagePlugin.TiffTags.SHORT
    Image.new("L", (80, 60)).save(tmp_path / "photo.tif", tiffinfo=tags)
    data = (tmp_path / "photo.tif").read_bytes().replace(b"\x46\x47\x03\x00", b"\x46\x47\x63\x00")  # no such type
    (tmp_path / "photo.tif").write_bytes(data)
    ((_, result),) = files.colorize_files([tmp_path / "photo.tif"], tmp_path / "out", load("iizuka"))
    assert Image.open(result).getexif()[0x013B] == "The photographer"


@pytest.mark.parametrize(("text", "stays"), [('{"shape": [3, 4]}', False), ("<?xml?><OME>", False), ("Plate 12", True)])
def test_a_description_of_the_file_is_none_of_the_photograph(tmp_path, text, stays):
    Image.new("L", (80, 60)).save(tmp_path / "photo.tif", tiffinfo={0x010E: text, 0x010D: "Album 3"})
    exif = files.read(tmp_path / "photo.tif").getexif()
    assert (exif.get(0x010E) == text) == stays and exif[0x010D] == "Album 3"
