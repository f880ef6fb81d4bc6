"""Archives: photographs are the same whatever they come in; a damaged archive is refused, and nothing is extracted."""

import os
import stat
import tarfile
import zipfile

import numpy as np
import pytest
from making import PHOTO, POCKET, SIZE, folder_of, packed, plain, tar_of, zip_of

from colorlab.base.errors import BadInput
from colorlab.data.packing import pack, pack_in_memory


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
    in_memory, arrays = pack_in_memory(sources[0], "out", SIZE)
    assert in_memory == headers[0]
    for ours, on_disk in zip(arrays, packed(tmp_path / "out")[1:], strict=True):
        np.testing.assert_array_equal(ours, on_disk)


def test_a_photograph_of_which_the_archive_is_damaged_is_skipped(tmp_path):
    path = zip_of(tmp_path / "s.zip", {"a/1.png": plain("red"), "a/2.png": plain("blue")})
    data = bytearray(path.read_bytes())
    data[data.index(b"\x89PNG") + 50] ^= 1
    path.write_bytes(data)
    header = pack([path], tmp_path / "out", SIZE)
    assert header["photographs"] == ["a/2.png"]
    assert header["skipped"][0][0] == "a/1.png" and "Bad CRC" in header["skipped"][0][1]


def add_link(path, target, kind):
    """Add a link to the zip or tar at `path`."""
    if kind == "zip":
        info = zipfile.ZipInfo("a/link.jpg")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(info, target)
    else:
        info = tarfile.TarInfo("a/link.jpg")
        info.type, info.linkname = (tarfile.LNKTYPE if kind == "hard" else tarfile.SYMTYPE), target
        with tarfile.open(path, "a") as archive:
            archive.addfile(info)


@pytest.mark.parametrize("target", ["1.jpg", "a/1.jpg", "../../x.jpg", "/etc/passwd", "missing.jpg"])
@pytest.mark.parametrize("kind", ["zip", "symbolic", "hard"])
def test_links_are_passed_over_whatever_they_point_to(tmp_path, kind, target):
    path = (zip_of if kind == "zip" else tar_of)(tmp_path / "archive", {"a/1.jpg": PHOTO})
    add_link(path, target, kind)
    header = pack([path], tmp_path / "out", SIZE)
    assert header["photographs"] == ["a/1.jpg"] and header["skipped"] == []


@pytest.mark.parametrize("archive_of", [zip_of, tar_of])
def test_odd_names_are_only_names(tmp_path, archive_of):
    names = ["a/1.jpg", "a\\2.jpg", "../a/3.jpg", "a/../../../a/4.jpg", "/a/5.jpg", "C:\\a\\6.jpg"]
    inner = tmp_path / "inner"
    inner.mkdir()
    header = pack([archive_of(inner / "archive", dict.fromkeys(names, PHOTO))], inner / "out", SIZE)
    assert sorted(header["photographs"]) == ["C:/a/6.jpg", "a/1.jpg", "a/2.jpg", "a/3.jpg", "a/4.jpg", "a/5.jpg"]
    assert header["skipped"] == []
    assert [path.name for path in tmp_path.rglob("*.jpg")] == []  # nothing was extracted


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
