"""Archives: whatever the photographs come in, they are the same; what is hostile or damaged is refused."""

import os
import stat
import tarfile
import zipfile

import numpy as np
import pytest
from making import PHOTO, POCKET, SIZE, folder_of, packed, plain, tar_of, zip_of

from colorlab import BadInput, packing
from colorlab.packing import pack


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


def test_a_photograph_of_which_the_archive_is_damaged_is_skipped(tmp_path):
    path = zip_of(tmp_path / "s.zip", {"a/1.png": plain("red"), "a/2.png": plain("blue")})
    data = bytearray(path.read_bytes())
    data[data.index(b"\x89PNG") + 50] ^= 1
    path.write_bytes(data)
    header = pack([path], tmp_path / "out", SIZE)
    assert header["photographs"] == ["a/2.png"]
    assert header["skipped"][0][0] == "a/1.png" and "Bad CRC" in header["skipped"][0][1]


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
