"""Packing: every layout is understood, whatever it comes in; nothing half-packed is ever left."""

import errno
import hashlib
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from colorlab import BadInput, archives, packing, sources
from colorlab.cli import main
from colorlab.datasets import DATA
from colorlab.packing import pack

POCKET = DATA / "pocket"
PHOTO = (POCKET / "animal" / "cat.jpg").read_bytes()
SIZE = 32  # pixels a side: enough to tell photographs apart, and quick


def plain(colour, size=(80, 80), mode="RGB", kind="PNG", **options):
    """The bytes of an image of one colour."""
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind, **options)
    return file.getvalue()


def folder_of(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def zip_of(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tar_of(path, files):
    with tarfile.open(path, {".gz": "w:gz", ".tgz": "w:gz"}.get(path.suffix, "w")) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def packed(path):
    """Header, images, labels, colourless of a packed data set."""
    arrays = [np.load(path / f"{part}.npy") for part in ("images", "labels", "colourless")]
    return json.loads((path / "dataset.json").read_text()), *arrays


def found(header):
    """{photograph: (split, class)}, by the counts in the header."""
    order = [
        (split, scene)
        for split in header["splits"]
        for scene in header["classes"]
        for _ in range(header["counts"][split][scene])
    ]
    return dict(zip(header["photographs"], order, strict=True))


TXT = b"val/1.jpg 1\nval/2.jpg 0\n"
CATEGORIES = b"/a/abbey 0\n/c/church/outdoor 1\n/y/yard 2\n"
# Names are chosen so that, where no split is given, the hash says train.
LAYOUTS = {
    "class folders": (
        {"in/abbey/1.jpg": PHOTO, "in/church/outdoor/2.jpg": PHOTO},
        {"abbey/1.jpg": ("train", "abbey"), "church/outdoor/2.jpg": ("train", "church/outdoor")},
    ),
    "splits": (
        {"val/b/1.jpg": PHOTO, "train/a/2.jpg": PHOTO, "test/a/3.jpg": PHOTO},
        {"train/a/2.jpg": ("train", "a"), "val/b/1.jpg": ("val", "b"), "test/a/3.jpg": ("test", "a")},
    ),
    "one split": ({"deep/down/val/b/1.jpg": PHOTO}, {"val/b/1.jpg": ("val", "b")}),
    "one class": ({"deep/down/abbey/1.jpg": PHOTO}, {"abbey/1.jpg": ("train", "abbey")}),
    "no folder": ({"1.jpg": PHOTO}, {"source/1.jpg": ("train", "source")}),
    "splits without classes": (
        {"train/1.jpg": PHOTO, "val/2.jpg": PHOTO},
        {"train/1.jpg": ("train", "source"), "val/2.jpg": ("val", "source")},
    ),
    "a class called train": (
        {"car/1.jpg": PHOTO, "train/3.jpg": PHOTO},
        {"car/1.jpg": ("train", "car"), "train/3.jpg": ("train", "train")},
    ),
    "official MiniPlaces": (
        {
            "images/train/a/abbey/1.jpg": PHOTO,
            "images/train/c/church/outdoor/1.jpg": PHOTO,
            "images/val/1.jpg": PHOTO,
            "images/val/2.jpg": PHOTO,
            "images/test/1.jpg": PHOTO,
            "objects/train/a/abbey/1.xml": b"<annotation/>",
            "val.txt": TXT,
            "categories.txt": CATEGORIES,
        },
        {
            "train/a/abbey/1.jpg": ("train", "abbey"),
            "train/c/church/outdoor/1.jpg": ("train", "church/outdoor"),
            "val/2.jpg": ("val", "abbey"),
            "val/1.jpg": ("val", "church/outdoor"),
        },
    ),
    "housekeeping": (
        {"a/2.jpg": PHOTO, "a/.DS_Store": b"x", "__MACOSX/a/._2.jpg": b"x", ".git/x.jpg": PHOTO, "a.txt": b"x"},
        {"a/2.jpg": ("train", "a")},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path, layout):
    files, wanted = LAYOUTS[layout]
    header = pack([zip_of(tmp_path / "source.zip", files)], tmp_path / "out", SIZE)
    assert found(header) == wanted
    unlabelled = [["test/1.jpg", "in no class folder and in no val.txt"]]
    assert header["skipped"] == (unlabelled if layout == "official MiniPlaces" else [])


def test_a_folder_named_like_a_split_is_that_split(tmp_path):
    sources = [folder_of(tmp_path / split, {"a/1.jpg": PHOTO}) for split in ("val", "train")]
    header = pack(sources, tmp_path / "out", SIZE)
    assert found(header) == {"train/a/1.jpg": ("train", "a"), "val/a/1.jpg": ("val", "a")}


def test_an_archive_named_like_a_split_may_hold_others(tmp_path):
    files = {"train/a/1.jpg": PHOTO, "val/a/2.jpg": PHOTO}
    header = pack([zip_of(tmp_path / "test.zip", files)], tmp_path / "out", SIZE)
    assert found(header) == {"train/a/1.jpg": ("train", "a"), "val/a/2.jpg": ("val", "a")}


def test_several_sources_become_one(tmp_path):
    sources = [
        zip_of(tmp_path / "train-0.zip", {"train/b/1.jpg": PHOTO}),
        tar_of(tmp_path / "train-1.tar", {"train/a/2.jpg": PHOTO, "train/b/0.jpg": PHOTO}),
        folder_of(tmp_path / "val", {"a/3.jpg": PHOTO}),
    ]
    header = pack(sources, tmp_path / "out", SIZE)
    assert header["photographs"] == ["train/a/2.jpg", "train/b/0.jpg", "train/b/1.jpg", "val/a/3.jpg"]
    assert header["splits"] == {"train": [0, 3], "val": [3, 4]}
    assert header["counts"] == {"train": {"a": 1, "b": 2}, "val": {"a": 1, "b": 0}}
    assert packed(tmp_path / "out")[2].tolist() == [0, 1, 1, 0]


def test_every_container_gives_the_same_data_set(tmp_path):
    names = [path.relative_to(POCKET).as_posix() for path in sorted(POCKET.rglob("*/*.jpg"))[::9]]
    files = {name: (POCKET / name).read_bytes() for name in names}
    backwards = dict(reversed(files.items()))
    sources = [
        folder_of(tmp_path / "photos", files),
        zip_of(tmp_path / "photos.zip", {f"photos/{name}": data for name, data in backwards.items()}),
        tar_of(tmp_path / "photos.tar", {f"./{name}": data for name, data in backwards.items()}),
        tar_of(tmp_path / "photos.tar.gz", files),
        tar_of(tmp_path / "photos.tgz", files),
    ]
    headers = [pack([source], tmp_path / "out", SIZE) for source in sources]
    for header in headers:
        assert {**header, "sources": []} == {**headers[0], "sources": []}
    in_memory, images, labels, colourless = packing.pack_in_memory(sources[0], "out", SIZE)
    assert in_memory == headers[0]
    for ours, on_disk in zip((images, labels, colourless), packed(tmp_path / "out")[1:], strict=True):
        np.testing.assert_array_equal(ours, on_disk)


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
    header, images, labels, colourless = packing.pack_in_memory(POCKET, "pocket", 144)
    assert time.perf_counter() - started < 5
    assert header["splits"] == {"train": [0, 138], "val": [138, 161], "test": [161, 184]}
    assert images.shape == (184, 144, 144, 3) and images.dtype == np.uint8
    assert labels.shape == colourless.shape == (184,) and labels.dtype == np.int32 and colourless.dtype == bool


CREDITS = [
    ("file,split\na/3.jpg,val\na/2.jpg,test\n", {"a/3.jpg": ("val", "a"), "a/2.jpg": ("test", "a")}, []),
    ("file,split\na/3.jpg,val\n", {"a/3.jpg": ("val", "a")}, [["a/2.jpg", "not in CREDITS.csv"]]),
    ("file,author\na/3.jpg,me\n", {"a/3.jpg": ("train", "a"), "a/2.jpg": ("train", "a")}, []),
]


@pytest.mark.parametrize("text, wanted, skipped", CREDITS)
def test_credits(tmp_path, text, wanted, skipped):
    files = {"top/a/3.jpg": PHOTO, "top/a/2.jpg": PHOTO, "top/CREDITS.csv": text.encode()}
    header = pack([zip_of(tmp_path / "s.zip", files)], tmp_path / "out", SIZE)
    assert (found(header), header["skipped"]) == (wanted, skipped)


def test_a_tenth_is_val_and_stays_so():
    def split(names):
        return {name: sources.split_by_hash(sources.Photograph(Path(), name, name, scene="a")) for name in names}

    few, many = split(f"a/{i}.jpg" for i in range(100)), split(f"a/{i}.jpg" for i in range(2000))
    assert few.items() <= many.items()
    assert 160 < list(many.values()).count("val") < 240


LABELS = {
    "given": ({"val.txt": TXT, "categories.txt": CATEGORIES}, "val.txt"),
    "given, sorted classes": ({"labels.txt": TXT}, "labels.txt"),
    "beside the archive": ({"../val.txt": TXT, "../categories.txt": CATEGORIES}, None),
}


@pytest.mark.parametrize("case", LABELS)
def test_where_labels_are_found(tmp_path, case):
    files, given = LABELS[case]
    folder = folder_of(tmp_path / "labels", files)
    data = {"train/a/abbey/1.jpg": PHOTO, "train/c/church/outdoor/1.jpg": PHOTO, "val/1.jpg": PHOTO, "val/3.jpg": PHOTO}
    header = pack([tar_of(tmp_path / "s.tar", data)], tmp_path / "out", SIZE, given and folder / given)
    assert found(header)["val/1.jpg"] == ("val", "church/outdoor")
    assert header["skipped"] == [["val/3.jpg", "in no class folder and in no val.txt"]]


BAD_LABELS = {
    "no number": ({"val.txt": b"val/1.jpg 1\nval/2.jpg\n"}, "line 2 is 'val/2.jpg'"),
    "no integer": ({"val.txt": b"val/1.jpg 1.5\n"}, "line 1 is"),
    "not text": ({"val.txt": b"\xff\xfe\x00"}, "not a text file"),
    "missing": ({}, "there is no such file"),
    "of other photographs": ({"val.txt": b"val/9.jpg 1\n"}, "labels none of the photographs"),
    "empty": ({"val.txt": b""}, "labels none of the photographs"),
    "no such class": ({"val.txt": b"val/1.jpg 7\n", "categories.txt": CATEGORIES}, "class 7"),
    "bad categories": ({"val.txt": TXT, "categories.txt": b"abbey\n"}, "categories.txt: line 1"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
def test_bad_label_files(tmp_path, case):
    files, message = BAD_LABELS[case]
    folder = folder_of(tmp_path / "labels", files)
    source = zip_of(tmp_path / "s.zip", {"train/a/abbey/1.jpg": PHOTO, "val/1.jpg": PHOTO})
    with pytest.raises(BadInput, match=message):
        pack([source], tmp_path / "out", SIZE, folder / "val.txt")
    assert not (tmp_path / "out").exists()


def test_a_bad_split_in_the_csv(tmp_path):
    source = folder_of(tmp_path / "s", {"a/1.jpg": PHOTO, "CREDITS.csv": b"file,split\na/1.jpg,valid\n"})
    with pytest.raises(BadInput, match="CREDITS.csv has a split 'valid'"):
        pack([source], tmp_path / "out", SIZE)


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
        ("train/a/0.jpg", "damaged or cut short"),
        ("train/a/2.png", "not an image"),
        ("train/a/3.png", "not an image"),
        ("train/a/4.png", "too small (200x63 pixels"),
        ("train/a/5.png", "million pixels"),
        ("train/a/6.png", "too large"),
    ]
    assert [name for name, _ in header["skipped"]] == [name for name, _ in reasons]
    for (_, reason), (_, wanted) in zip(header["skipped"], reasons, strict=True):
        assert wanted in reason
    _, images, labels, colourless = packed(tmp_path / "out")  # the gaps are closed
    assert header["photographs"] == ["train/a/1.png", "train/a/7.png"]
    assert images.shape == (2, SIZE, SIZE, 3) and labels.tolist() == [0, 0] and colourless.tolist() == [False, True]
    assert (tmp_path / "out" / "images.npy").stat().st_size < 3 * images[0].size
    assert (images[0] == (255, 0, 0)).all() and (images[1] == 128).all()


def test_a_photograph_of_which_the_archive_is_damaged_is_skipped(tmp_path):
    path = zip_of(tmp_path / "s.zip", {"a/1.png": plain("red"), "a/2.png": plain("blue")})
    data = bytearray(path.read_bytes())
    data[data.index(b"\x89PNG") + 50] ^= 1
    path.write_bytes(data)
    header = pack([path], tmp_path / "out", SIZE)
    assert header["photographs"] == ["a/2.png"]
    assert header["skipped"][0][0] == "a/1.png" and "Bad CRC" in header["skipped"][0][1]


# ---- bad sources


def traversal(path, how):
    """An archive that holds a photograph and one member that is not what it should be."""
    name, target, hard = HOSTILE[how]
    if path.suffix == ".tar":
        tar_of(path, {"a/1.jpg": PHOTO} if target else {"a/1.jpg": PHOTO, name: PHOTO})
        if target:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.LNKTYPE if hard else tarfile.SYMTYPE, target
            with tarfile.open(path, "a") as archive:
                archive.addfile(info)
    else:
        info = zipfile.ZipInfo(name)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16 if target else 0
        zip_of(path, {"a/1.jpg": PHOTO})
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(info, target or PHOTO)
    return path


HOSTILE = {  # name of the member, where it links to, whether that is a hard link
    "absolute": ("/etc/x.jpg", None, False),
    "up": ("a/../../x.jpg", None, False),
    "up, with backslashes": ("a\\..\\..\\x.jpg", None, False),
    "a drive": ("C:\\x.jpg", None, False),
    "a link up": ("a/x.jpg", "../../x.jpg", False),
    "an absolute link": ("a/x.jpg", "/etc/passwd", False),
    "a hard link up": ("a/b/x.jpg", "../x.jpg", True),  # from the top of the archive, other than a symbolic link
}
NO_SUCH = ("zip", "a hard link up")


@pytest.mark.parametrize("kind, how", [(k, how) for how in HOSTILE for k in ("zip", "tar") if (k, how) != NO_SUCH])
def test_members_that_lead_outside_are_refused(tmp_path, kind, how):
    with pytest.raises(BadInput, match="outside the archive") as error:
        pack([traversal(tmp_path / f"s.{kind}", how)], tmp_path / "out", SIZE)
    assert HOSTILE[how][0].replace("\\", "/") in str(error.value).replace("\\", "/")
    assert os.listdir(tmp_path) == [f"s.{kind}"]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_link_inside_is_harmless(tmp_path, kind, monkeypatch):
    monkeypatch.setitem(HOSTILE, "inside", ("b/x.jpg", "../a/1.jpg", False))
    header = pack([traversal(tmp_path / f"s.{kind}", "inside")], tmp_path / "out", SIZE)
    assert header["photographs"] == ["a/1.jpg"]


def broken(path, how):
    """A damaged or useless source."""
    files = {f"a/{i}.png": plain("red") + os.urandom(5000) for i in range(9)}
    if how == "missing":
        return path
    if how == "empty folder":
        path.mkdir()
    elif how == "no photographs":
        zip_of(path, {"a/1.png": b"x"})
    elif how == "no archive":
        path.write_bytes(b"<html>please log in</html>")
    elif how == "a zip of bad names":
        path.write_bytes(zip_of(path, {"a/\u00e9.png": PHOTO}).read_bytes().replace("\u00e9".encode(), b"\xff\xff"))
    elif how == "damaged tar":  # a header in the middle
        data = bytearray(tar_of(path.with_suffix(".tar"), files).read_bytes())
        data[data.index(b"a/4.png")] ^= 1
        path.write_bytes(data)
        path.with_suffix(".tar").unlink()
    else:
        suffix = how.removeprefix("half a ")
        whole = (zip_of if suffix == "zip" else tar_of)(path.with_name(f"whole.{suffix}"), files)
        path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        whole.unlink()
    return path


BROKEN = {
    "missing": "does not exist",
    "empty folder": "no photographs to pack .no files",
    "no photographs": "1 files skipped; a/1.png: it is not an image",
    "no archive": "neither a folder nor a zip or tar archive",
    "a zip of bad names": "cannot be read to its end",
    "half a zip": "neither a folder nor a zip or tar archive",
    "half a tar": "cannot be read to its end",
    "half a tgz": "cannot be read to its end",
    "damaged tar": "cannot be read to its end",
}


@pytest.mark.parametrize("how", BROKEN)
def test_bad_sources_are_one_sentence_and_leave_nothing(tmp_path, how):
    source = broken(tmp_path / "s", how)
    with pytest.raises(BadInput, match=BROKEN[how]) as error:
        pack([source], tmp_path / "out", SIZE)
    assert str(source) in str(error.value) and "\n" not in str(error.value)
    assert os.listdir(tmp_path) == ([] if how == "missing" else ["s"])


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
import os, signal, sys, types
sys.modules["colorlab.color"] = types.ModuleType("color")  # spares importing Keras; no photograph gets that far
from colorlab import packing
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
    files = {"a/2.jpg": PHOTO, "b/2.png": b"x", "b/3.jpg": PHOTO, "b/4.png": b""}
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
