"""Packing: every photograph is decoded to the same pixels; nothing half-packed is ever left."""

import errno
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner
from making import PHOTO, POCKET, SIZE, folder_of, packed, plain, zip_of
from PIL import Image

from colorlab.base.errors import BadInput
from colorlab.cli.main import main
from colorlab.data import archives, packing
from colorlab.data.packing import pack


def test_the_digest_covers_pixels_labels_and_splits(tmp_path):
    variants = [
        {"a/1.png": plain("red"), "b/2.png": plain("blue")},
        {"a/1.png": plain("red"), "b/2.png": plain("navy")},
        {"a/1.png": plain("red"), "a/2.png": plain("blue")},
        {"a/1.png": plain("red"), "c/2.png": plain("blue")},
        {"train/a/1.png": plain("red"), "val/b/2.png": plain("blue")},
    ]
    sources = [folder_of(tmp_path / f"{i}" / "s", files) for i, files in enumerate(variants)]
    assert len({pack([source], tmp_path / "o", SIZE)["digest"] for source in sources}) == len(variants)
    header, images, labels, _ = packed(tmp_path / "o")
    begun = json.dumps([header["format"], header["size"], header["classes"], header["splits"]]).encode()
    assert header["digest"] == hashlib.sha256(begun + labels.tobytes() + images.tobytes()).hexdigest()


def test_the_pocket_set_has_the_splits_of_its_csv():
    started = time.perf_counter()
    header, (images, labels, colorless) = packing.pack_in_memory(POCKET, "pocket", 144)
    assert time.perf_counter() - started < 5
    assert header["splits"] == {"train": [0, 138], "val": [138, 161], "test": [161, 184]}
    assert images.shape == (184, 144, 144, 3) and images.dtype == np.uint8
    assert labels.shape == colorless.shape == (184,) and labels.dtype == np.int32 and colorless.dtype == bool


# ---- pixels


def turned():
    """Left half red, right half blue, stored so that its EXIF orientation has to bring that about."""
    image = Image.new("RGB", (100, 100), "red")
    image.paste("blue", (50, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # stored turned to the left: show it turned by 90 degrees to the right
    file = io.BytesIO()
    image.transpose(Image.Transpose.ROTATE_90).save(file, "PNG", exif=exif)
    return file.getvalue()


def sixteen_bit(value):
    file = io.BytesIO()
    Image.fromarray(np.full((80, 80), value, np.uint16)).save(file, "PNG")
    return file.getvalue()


MODES = {  # bytes of an image -> what its left and right halves are in RGB, within 3
    "grey": (plain(100, mode="L"), (100, 100, 100), None),
    "16 bit": (sixteen_bit(100 * 257), (100, 100, 100), None),
    "one bit": (plain(1, mode="1"), (255, 255, 255), None),
    "CMYK": (plain((0, 255, 255, 0), mode="CMYK", kind="JPEG"), (255, 0, 0), None),
    "transparent": (plain((255, 0, 0, 0), mode="RGBA"), (255, 255, 255), None),
    "half transparent": (plain((255, 0, 0, 128), mode="RGBA"), (255, 127, 127), None),
    "grey and alpha": (plain((0, 0), mode="LA"), (255, 255, 255), None),
    "palette": (plain("lime", mode="P", kind="GIF"), (0, 255, 0), None),
    "transparent palette": (plain(0, mode="P", transparency=0), (255, 255, 255), None),
    "turned by EXIF": (turned(), (255, 0, 0), (0, 0, 255)),
    "JPEG": (plain("red", kind="JPEG", quality=95), (255, 0, 0), None),
    "WebP": (plain("red", kind="WEBP", lossless=True), (255, 0, 0), None),
}


@pytest.mark.parametrize("mode", MODES)
def test_modes(mode):
    data, left, right = MODES[mode]
    rgb = packing.decode(data, SIZE)
    assert rgb.shape == (SIZE, SIZE, 3) and rgb.dtype == np.uint8
    np.testing.assert_allclose(rgb[:, : SIZE // 3], np.broadcast_to(left, (SIZE, SIZE // 3, 3)), atol=3)
    np.testing.assert_allclose(rgb[:, -SIZE // 3 :], np.broadcast_to(right or left, (SIZE, 11, 3)), atol=3)


def test_the_middle_is_kept():
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    file = io.BytesIO()
    image.save(file, "PNG")
    rgb = packing.decode(file.getvalue(), SIZE)
    np.testing.assert_allclose(rgb, np.broadcast_to((0, 0, 255), rgb.shape), atol=20)  # the edge rings a little


def test_whatever_a_decoder_raises_only_costs_one_photograph():
    data = bytearray(plain("red", kind="DDS"))
    data[80:84] = bytes(4)  # pixel format flags: Pillow raises NotImplementedError
    with pytest.raises(BadInput, match="damaged"):
        packing.decode(bytes(data), SIZE)


def test_what_is_skipped_and_why(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)
    monkeypatch.setattr(archives, "LARGEST_FILE", 50_000)
    files = {
        "train/a/0.jpg": PHOTO[: len(PHOTO) // 2],
        "train/a/1.png": plain("red"),
        "train/a/2.png": b"not an image",
        "train/a/3.png": b"",
        "train/a/4.png": plain("red", (200, 63)),
        "train/a/5.png": plain("red", (300, 300)),
        "train/a/6.png": bytes(50_001),
        "train/a/7.png": plain("grey"),
        "stray.png": plain("red"),
    }
    header = pack([folder_of(tmp_path / "s", files)], tmp_path / "out", SIZE)
    reasons = [
        ("stray.png", "in no class folder"),
        ("train/a/0.jpg", "cut short"),
        ("train/a/2.png", "not an image"),
        ("train/a/3.png", "empty"),
        ("train/a/4.png", "too small (200x63 pixels"),
        ("train/a/5.png", "million pixels"),
        ("train/a/6.png", "too large"),
    ]
    assert [name for name, _ in header["skipped"]] == [name for name, _ in reasons]
    for (_, reason), (_, wanted) in zip(header["skipped"], reasons, strict=True):
        assert wanted in reason
    _, images, labels, colorless = packed(tmp_path / "out")  # the gaps are closed
    assert header["photographs"] == ["train/a/1.png", "train/a/7.png"]
    assert images.shape == (2, SIZE, SIZE, 3) and labels.tolist() == [0, 0] and colorless.tolist() == [False, True]
    assert (tmp_path / "out" / "images.npy").stat().st_size < 3 * images[0].size
    assert (images[0] == (255, 0, 0)).all() and (images[1] == 128).all()


# ---- whole or not at all


@pytest.fixture
def source(tmp_path):
    return folder_of(tmp_path / "in" / "s", {f"a/{i}.png": plain((9 * i, 0, 0)) for i in range(20)})


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_interrupted_it_leaves_what_was_there(tmp_path, source, monkeypatch, error):
    output = tmp_path / "out"
    before = pack([source], output, SIZE)
    (source / "a" / "new.png").write_bytes(plain("lime"))
    bytes_of, calls = packing.bytes_of, []

    def failing(member):
        calls.append(member)
        if len(calls) == 10:
            raise error
        return bytes_of(member)

    with monkeypatch.context() as patch:
        patch.setattr(packing, "bytes_of", failing)
        with pytest.raises(BadInput if isinstance(error, OSError) else KeyboardInterrupt):
            pack([source], output, SIZE)
    assert packed(output)[0] == before
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]
    again = pack([source], output, SIZE)
    assert len(again["photographs"]) == 21 and packed(output)[0] == again
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]


def test_killed_it_leaves_nothing_and_the_next_run_cleans_up(tmp_path, source):
    output = tmp_path / "out"
    script = f"""
import os, signal
from colorlab.data import packing
packing.bytes_of = lambda member: os.kill(os.getpid(), signal.SIGKILL)
packing.pack([{str(source)!r}], {str(output)!r}, {SIZE})
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert ended.returncode == -signal.SIGKILL
    assert sorted(os.listdir(tmp_path)) == [".out.building", "in"]
    header = pack([source], output, SIZE)
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]
    assert len(header["photographs"]) == 20


def test_killed_between_the_renames_the_old_data_set_comes_back(tmp_path, source):
    output = tmp_path / "out"
    pack([source], output, SIZE)
    output.rename(tmp_path / ".out.previous")
    with pytest.raises(BadInput):
        with packing._built_beside(output):
            raise OSError(errno.EIO, "Input/output error")
    assert len(packed(output)[1]) == 20
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]


def test_only_packed_data_sets_are_replaced(tmp_path, source):
    precious = folder_of(tmp_path / "out", {"thesis.doc": b"years of work"})
    for output in (precious, precious / "thesis.doc"):
        with pytest.raises(BadInput, match="is not a packed data set"):
            pack([source], output, SIZE)
    assert (precious / "thesis.doc").read_bytes() == b"years of work"


def test_a_source_that_changes_meanwhile_is_noticed(tmp_path, source, monkeypatch):
    survey = packing.survey

    def and_then_gone(*arguments):
        try:
            return survey(*arguments)
        finally:
            (source / "a" / "3.png").unlink()

    monkeypatch.setattr(packing, "survey", and_then_gone)
    with pytest.raises(BadInput, match="a/3.png has gone"):
        pack([source], tmp_path / "out", SIZE)


# ---- the commands


def test_pack_and_info(tmp_path):
    files = {"a/2.jpg": PHOTO, "b/2.png": b"x", "b/3.jpg": PHOTO, "b/4.png": b"y"}
    source, output = zip_of(tmp_path / "s.zip", files), tmp_path / "out"
    result = CliRunner().invoke(main, ["data", "pack", str(source), "-o", str(output)])
    assert result.exit_code == 0, result.output
    assert "out: 2 photographs of 128x128 pixels (2 train), 2 classes, 0 photographs without colour" in result.stdout
    assert "skipped 2: it is not an image that can be read here" in result.stdout
    assert "(b/2.png, b/4.png)" in result.stdout
    assert f'datasets.load("{output}")' in result.stdout

    result = CliRunner().invoke(main, ["data", "info", str(output)])
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["train"] in rows and ["a", "1"] in rows and ["b", "1"] in rows
    assert packed(output)[0]["digest"] in result.stdout


def test_bad_input_is_one_line(tmp_path):
    shutil.copytree(POCKET / "tool", tmp_path / "out")
    result = CliRunner().invoke(main, ["data", "pack", str(POCKET / "tool"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
