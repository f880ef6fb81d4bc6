"""TIFFs: the photograph is found, is decoded whatever its samples are, and what is damaged in it is said once."""

import os
import threading
import warnings

import numpy as np
import pytest
import tifffile
from PIL import Image
from variants import SIZE, damaged_inside, tiff_of

from colorlab.base.errors import BadInput
from colorlab.data import complaints
from colorlab.data.pages import pages
from colorlab.data.photographs import read_photograph

GREYS = np.asarray(Image.linear_gradient("L").resize(SIZE))
PHOTO = Image.fromarray(GREYS).convert("RGB")


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("layout", [{}, {"tile": (16, 32)}, {"rowsperstrip": 7}])
@pytest.mark.parametrize("kind", ["uint16", "int16", "uint32", "float16", "float32", "float64"])
def test_samples_of_all_kinds_in_all_layouts_are_what_was_written(tmp_path, order, big, layout, kind):
    largest = 1 if kind.startswith("f") else np.iinfo(kind).max
    values = (GREYS / 255 * largest).astype(kind)
    tifffile.imwrite(tmp_path / "photo.tif", values, byteorder=order, bigtiff=big, photometric="minisblack", **layout)
    found = np.asarray(read_photograph(tmp_path / "photo.tif"))
    assert np.abs(found.astype(int) - GREYS).max() <= 1


@pytest.mark.parametrize("kind", ["uint16", "float32"])
@pytest.mark.parametrize("order", "<>")
def test_differences_are_added_up(tmp_path, kind, order):
    """The predictors 2, of whole numbers, and 3, of floats. Pillow writes none for these: they are made here."""
    import zlib

    if kind == "uint16":
        values = GREYS.astype(f"{order}u2") * 257
        differences = np.diff(values, axis=1, prepend=0).astype(f"{order}u2").tobytes()
        tags = {258: 16, 317: 2}
    else:
        values = (GREYS / 255).astype(">f4")  # the bytes of all first, and then differences of neighbours
        planes = np.moveaxis(values.view("u1").reshape(SIZE[1], SIZE[0], 4), 2, 1).reshape(SIZE[1], -1)
        differences = np.diff(planes, axis=1, prepend=0).astype("u1").tobytes()
        tags = {258: 32, 317: 3, 339: 3}
    if order == ">" and kind == "uint16":
        differences = np.frombuffer(differences, ">u2").astype("<u2").tobytes()
    (tmp_path / "photo.tif").write_bytes(tiff_of(SIZE, {**tags, 259: 8, 262: 1}, zlib.compress(differences)))
    np.testing.assert_array_equal(np.asarray(read_photograph(tmp_path / "photo.tif")), GREYS)


def test_a_deep_photograph_keeps_its_description_and_stands_upright(tmp_path):
    lying = np.rot90(GREYS).astype("uint16") * 257
    tags = [(274, 3, 1, 6, True), (315, 2, 0, "Jane Doe", True)]
    tifffile.imwrite(
        tmp_path / "photo.tif", lying, resolution=(300, 300), resolutionunit=2, description="Plate 12", extratags=tags
    )
    photograph = read_photograph(tmp_path / "photo.tif")
    np.testing.assert_array_equal(np.asarray(photograph), GREYS)
    assert photograph.info["dpi"] == (300, 300)
    exif = photograph.getexif()
    assert (exif[0x013B], exif[0x010E]) == ("Jane Doe", "Plate 12") and 274 not in exif


def test_premultiplied_colors_are_divided(tmp_path):
    alpha = np.full(GREYS.shape, 32768)
    values = np.dstack([np.repeat(GREYS[..., None] * 257.0, 3, axis=-1) / 2, alpha]).astype("uint16")
    tifffile.imwrite(tmp_path / "photo.tif", values, photometric="rgb", extrasamples=["assocalpha"])
    found = np.asarray(read_photograph(tmp_path / "photo.tif")).astype(int)
    assert np.abs(found[..., 0] - GREYS).max() <= 2 and (found[..., 3] == 128).all()


def test_what_libtiff_says_becomes_one_warning_with_the_file(tmp_path, capfd):
    path = tmp_path / "photo.tif"
    damaged_inside(b"\x55" * 9, compression="group4")(path, PHOTO)
    with pytest.warns(UserWarning, match="photo.tif: parts of it are damaged.*Fax4Decode: Bad code word") as said:
        read_photograph(path)
    assert len(said) == 1 and not capfd.readouterr().err


def test_damage_that_leaves_no_image_is_named_with_the_file(tmp_path, capfd):
    path = tmp_path / "photo.tif"
    damaged_inside(b"\x55" * 9, compression="tiff_adobe_deflate")(path, Image.effect_noise((99, 99), 60))
    with pytest.raises(BadInput, match="photo.tif is damaged .*Decode"):
        read_photograph(path)
    assert not capfd.readouterr().err


def test_what_others_say_meanwhile_reaches_its_place(capfd):
    with complaints.caught() as said:
        other = threading.Thread(
            target=os.write, args=(2, b"\rcolorizing: 50% | 1/2 [00:01]Fax4Decode: Bad code.\nx\n")
        )
        other.start()
        other.join()
        os.write(2, b"ZIPDecode: Decoding error at scanline 112.\n")
    assert said == ["Fax4Decode: Bad code", "ZIPDecode: Decoding error at scanline 112"]
    assert "colorizing: 50%" in capfd.readouterr().err


def test_a_circle_of_pages_ends(tmp_path):
    data = bytearray(tiff_of(SIZE, {258: 8, 262: 1}, GREYS.tobytes()))
    start = int.from_bytes(data[4:8], "little")
    end = start + 2 + 12 * int.from_bytes(data[start : start + 2], "little")
    data[end : end + 4] = data[4:8]
    (tmp_path / "photo.tif").write_bytes(data)
    with open(tmp_path / "photo.tif", "rb") as file:
        assert len(list(pages(file))) == 1
    with warnings.catch_warnings(action="error"):
        read_photograph(tmp_path / "photo.tif")


def test_a_deep_photograph_cut_short_says_how_much_is_missing(tmp_path):
    values = (GREYS / 255).astype("float32")
    data = tiff_of(SIZE, {258: 32, 262: 1, 339: 3}, values.tobytes())
    start = int.from_bytes(data[4:8], "little")
    moved = bytearray(b"II*\0" + (8).to_bytes(4, "little") + data[start:] + data[8:start])
    at = moved.index(b"\x11\x01\x03\0\x01\0\0\0\x08\0") + 8  # where the pixels begin
    moved[at : at + 2] = (8 + len(data) - start).to_bytes(2, "little")
    (tmp_path / "photo.tif").write_bytes(moved[: -values.nbytes // 4])
    with pytest.raises(BadInput, match=r"cut short \(25.0% of its pixels are missing\)"):
        read_photograph(tmp_path / "photo.tif")
