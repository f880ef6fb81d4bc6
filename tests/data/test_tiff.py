"""TIFFs: the photograph is found, is decoded whatever its samples are, and what is damaged in it is said once."""

import io
import os
import struct
import sys
import threading
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from PIL import Image, TiffImagePlugin
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


def test_threads_read_tiffs_of_two_kinds_at_once(tmp_path):
    """Only libtiff reads colours that are shared by pixels, and a thread that reads them disturbs no other."""
    PHOTO.convert("YCbCr").save(tmp_path / "shared.tif")
    packed = np.packbits(GREYS > 127, axis=1)
    (tmp_path / "bits.tif").write_bytes(tiff_of(SIZE, {258: 1, 262: 1, 266: 2}, packed.tobytes()))
    names = ["shared.tif", "bits.tif"] * 100
    flags = []

    def read(name):
        image = read_photograph(tmp_path / name)
        flags.append(TiffImagePlugin.READ_LIBTIFF)
        return image.tobytes()

    alone = {name: read(name) for name in names[:2]}
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, names)) == [alone[name] for name in names]
    assert not any(flags) and not TiffImagePlugin.READ_LIBTIFF


def changed(path, tags, **how):
    """Write a deep TIFF and then other numbers into some of its tags."""
    tifffile.imwrite(path, GREYS.astype("uint16") * 257, photometric="minisblack", **how)
    with tifffile.TiffFile(path, mode="r+b") as file:
        for tag, value in tags.items():
            file.pages[0].tags[tag].overwrite(value)


@pytest.mark.parametrize(
    ("tags", "how"),
    [
        ({322: 2**31 - 16, 323: 2**31 - 16}, {"tile": (16, 16)}),
        ({322: 2**20, 323: 2**20}, {"tile": (16, 16), "compression": "zlib"}),
        ({279: 2**42}, {"bigtiff": True, "compression": "zlib"}),
    ],
)
def test_sizes_that_a_file_cannot_hold_are_damage_and_take_no_memory(tmp_path, tags, how):
    changed(tmp_path / "photo.tif", tags, **how)
    tracemalloc.start()
    try:
        with pytest.raises(BadInput, match=r"photo.tif is (damaged|cut short) \("):
            read_photograph(tmp_path / "photo.tif")
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("far", [2**20, 2**30])
def test_a_strip_that_lies_far_behind_the_end_is_not_filled_up(tmp_path, far):
    values = np.zeros((2000, 64), "uint8")
    tifffile.imwrite(tmp_path / "photo.tif", values, photometric="minisblack", rowsperstrip=1)
    with tifffile.TiffFile(tmp_path / "photo.tif", mode="r+b") as file:
        places = file.pages[0].tags[273]
        places.overwrite([*places.value[:-1], far])
    tracemalloc.start()
    try:
        with pytest.raises(BadInput, match="photo.tif is damaged") as error:
            read_photograph(tmp_path / "photo.tif")
        assert tracemalloc.get_traced_memory()[1] < 2**26 and "0.0%" not in str(error.value)
    finally:
        tracemalloc.stop()


def one_tag(tag, kind, value, amount=1):
    """A TIFF whose only page has one tag. value : four bytes."""
    return b"II*\0" + struct.pack("<IHHHI", 8, 1, tag, kind, amount) + value + bytes(4)


@pytest.mark.parametrize(("kind", "value"), [(11, b"\0\0\x80\x7f"), (11, b"\0\0\xc0\x7f"), (9, b"\xf0\xff\xff\xff")])
@pytest.mark.parametrize("tag", [330, 34665])
def test_places_that_are_no_places_are_left_out(tag, kind, value):
    (page,) = pages(io.BytesIO(one_tag(tag, kind, value)))
    assert not any(page.parts.values()) and page.number(tag, 7) in (7, -16)


def test_tags_that_all_name_the_whole_file_are_not_all_read():
    amount, count = 2**20, 200
    table = b"".join(struct.pack("<HHII", 40000 + tag, 1, amount, 8) for tag in range(count))
    data = b"II*\0" + struct.pack("<IH", 8, count) + table + bytes(amount)
    (page,) = pages(io.BytesIO(data))
    assert sum(len(value) for _, value in page.tags.values()) <= 2**24


def test_without_room_or_without_a_stream_the_error_descriptor_stays_as_it_is(monkeypatch, capfd):
    descriptors = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    with monkeypatch.context() as patched, pytest.raises(ValueError, match="mine") as error:
        patched.setattr(complaints.tempfile, "TemporaryFile", lambda: open("/no such folder/file"))
        with complaints.caught():
            raise ValueError("mine")
    assert error.value.__context__ is None
    if descriptors:
        assert len(os.listdir("/proc/self/fd")) == descriptors
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", None)
        with complaints.caught():
            os.write(2, b"of others\n")
    assert "of others" in capfd.readouterr().err
