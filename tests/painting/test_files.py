"""Photographs in files: one bad file does not stop the others, and no file of somebody's is overwritten."""

import errno
import os

import numpy as np
import pytest
from PIL import Image

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.painting import files, sources
from colorlab.painting.network import load

LEGACY = sorted((DATA / "legacy").glob("*.jpg"))


@pytest.fixture(scope="module")
def network():
    return load("iizuka")


def test_files_keep_their_order_and_bad_ones_are_reported(network, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("not a photograph")
    paths = [*LEGACY[:3], bad, *LEGACY[3:], tmp_path / "missing.png"]
    results = dict(files.colorize_files(paths, tmp_path / "out", network))
    assert list(results) == paths
    assert [path for path, result in results.items() if isinstance(result, BadInput)] == [bad, paths[-1]]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [path.name for path in LEGACY]
    for path in LEGACY:
        assert Image.open(results[path]).size == Image.open(path).size


def test_formats_names_and_orientation(network, tmp_path):
    cat = Image.open(DATA / "pocket" / "animal" / "cat.jpg").convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "The photographer"
    (tmp_path / "a").mkdir()
    cat.save(tmp_path / "photo.jpg", exif=exif)
    cat.save(tmp_path / "a" / "photo.jpg")
    cat.save(tmp_path / "photo.gif")
    clear = cat.convert("RGBA")
    clear.putalpha(128)
    clear.save(tmp_path / "clear.webp")
    paths = [tmp_path / "photo.jpg", tmp_path / "a" / "photo.jpg", tmp_path / "photo.gif", tmp_path / "clear.webp"]
    results = [result for _, result in files.colorize_files(paths, tmp_path / "out", network)]
    assert [path.name for path in results] == ["photo.jpg", "photo-2.jpg", "photo.png", "clear.png"]
    upright = Image.open(results[0])
    assert upright.size == (cat.height, cat.width)
    assert 0x0112 not in upright.getexif() and upright.getexif()[0x013B] == "The photographer"
    assert Image.open(results[3]).mode == "RGBA"


def test_no_photograph_is_ever_overwritten(network, tmp_path):
    """Neither those of this call nor others that happen to have the name; but results of an earlier call are."""
    photographs = {tmp_path / name: path.read_bytes() for name, path in zip(("a.jpg", "a-2.jpg"), LEGACY, strict=False)}
    for path, data in photographs.items():
        path.write_bytes(data)
    for _ in range(2):
        ((_, result),) = files.colorize_files([tmp_path / "a.jpg"], tmp_path, network)
        assert result == tmp_path / "a-3.jpg"
    assert {path: path.read_bytes() for path in photographs} == photographs


def test_odd_metadata_stops_nothing(network, tmp_path):
    exif = Image.Exif()
    exif[0x013B] = "The photographer"
    data = exif.tobytes().replace(b"\x02\x00\x11", b"\x0c\x00\x11")  # a tag of a type that cannot be
    Image.open(LEGACY[0]).save(tmp_path / "odd.jpg", exif=data)
    Image.open(LEGACY[0]).save(tmp_path / "garbage.jpg", exif=b"Exif\0\0garbage")
    results = files.colorize_files([tmp_path / "odd.jpg", tmp_path / "garbage.jpg"], tmp_path / "out", network)
    assert all(result.exists() for _, result in results)


def test_what_the_camera_wrote_is_kept_for_grey_photographs_too(network, tmp_path):
    exif = Image.Exif()
    exif[0x013B] = "The photographer"
    Image.open(LEGACY[0]).convert("L").save(tmp_path / "grey.jpg", exif=exif)
    ((_, result),) = files.colorize_files([tmp_path / "grey.jpg"], tmp_path / "out", network)
    assert Image.open(result).getexif()[0x013B] == "The photographer"


def test_a_folder_that_cannot_be_written_is_named(network, tmp_path):
    (tmp_path / "file").write_text("in the way")
    ((_, result),) = files.colorize_files(LEGACY[:1], tmp_path / "file", network)
    assert isinstance(result, BadInput) and "choose another folder" in str(result)


# ---- one result, under a name of its own


@pytest.mark.parametrize("name", ["result.xyz", "result", "result.gif"])
def test_a_target_of_no_known_format_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match=f"{name} has no format that can be written: .*png"):
        files.refuse_target(tmp_path / name)


def test_a_target_that_is_no_earlier_result_is_refused_and_stays(tmp_path):
    photograph, target = Image.open(LEGACY[0]), tmp_path / "photo.jpg"
    target.write_bytes(LEGACY[1].read_bytes())
    for refused in (lambda: files.refuse_target(target), lambda: files.write(photograph, photograph, target)):
        with pytest.raises(BadInput, match="photo.jpg is there already, and not a result of colorlab"):
            refused()
    assert target.read_bytes() == LEGACY[1].read_bytes()


@pytest.mark.parametrize("name", ["new/result.jpg", "result.JPEG", "result.png", "result.webp", "result.tif"])
def test_a_result_is_written_with_what_the_camera_wrote_and_may_be_written_again(tmp_path, name):
    photograph = Image.open(LEGACY[0]).convert("RGB")
    photograph.getexif()[0x013B] = "The photographer"
    for grey in (90, 200):
        files.refuse_target(tmp_path / name)
        files.write(Image.new("RGB", (8, 8), (grey, grey, grey)), photograph, tmp_path / name)
        with Image.open(tmp_path / name) as result:
            assert result.getexif()[0x013B] == "The photographer"
            assert abs(np.asarray(result.convert("L")).astype(int) - grey).max() <= 2


# ---- folders


def test_results_keep_the_folders_of_their_photographs(network, album, tmp_path):
    photographs = sources.found([album], tmp_path / "out", recursive=True)
    results = [result for _, result in files.colorize_files(photographs, tmp_path / "out", network)]
    places = [str(result.relative_to(tmp_path / "out")) for result in results]
    assert places == ["a.jpg", "colorized/a.jpg", "one/b.JPG", "one/two/c.png"]


# ---- a call that was interrupted


class Counting:
    """A network that counts the photographs that it colours."""

    def __init__(self, network, identity="one"):
        self.network, self.identity, self.count, self.prepared = network, identity, 0, 0

    def prepare(self):
        self.prepared += 1

    def chroma(self, photographs, *how):
        self.count += len(photographs)
        return self.network.chroma(photographs, *how)


def test_what_is_done_already_is_not_done_again(network, tmp_path):
    counting, out = Counting(network), tmp_path / "out"

    def again(paths=LEGACY[:3], other=None, **how):
        other = other or counting
        before = other.count
        results = [result for _, result in files.colorize_files(paths, out, other, **{"overwrite": False} | how)]
        return other.count - before, results

    first, results = again(LEGACY[:2])
    assert first == 2
    assert again() == (1, [*results, out / LEGACY[2].name])
    assert again() == (0, [*results, out / LEGACY[2].name])
    assert again(overwrite=True)[0] == 3
    assert again(saturation=1)[0] == 3  # done, but not like this
    assert again(saturation=1)[0] == 0
    assert again(saturation=1, other=Counting(network, "another"))[0] == 3


def test_a_network_is_loaded_beside_the_first_photograph_if_one_is_to_be_done(network, tmp_path):
    counting = Counting(network)
    for prepared in (1, 1):  # the second call finds the result
        assert all(
            result.is_file() for _, result in files.colorize_files(LEGACY[:1], tmp_path, counting, overwrite=False)
        )
        assert counting.prepared == prepared


def test_a_photograph_that_changed_is_done_again(network, tmp_path):
    counting, photograph = Counting(network), tmp_path / "photograph.jpg"
    for file in LEGACY[:2]:
        photograph.write_bytes(file.read_bytes())
        for _ in range(2):
            list(files.colorize_files([photograph], tmp_path / "out", counting, overwrite=False))
    assert counting.count == 2 and len(list((tmp_path / "out").iterdir())) == 1


def test_an_interrupted_call_loses_no_result_of_a_namesake(network, tmp_path):
    """Of two photographs of one name, the result of one stays while the other is coloured, in either order."""
    paths = [tmp_path / folder / "photo.jpg" for folder in "ab"]
    for path, file in zip(paths, LEGACY, strict=False):
        path.parent.mkdir()
        path.write_bytes(file.read_bytes())
    for first in paths:
        out = tmp_path / f"out_{first.parent.name}"
        ((_, before),) = files.colorize_files([first], out, network, overwrite=False)
        data = before.read_bytes()
        results = dict(files.colorize_files(paths, out, network, overwrite=False))
        assert results[first] == before and before.read_bytes() == data
        assert len(set(results.values())) == 2 == len(list(out.iterdir()))


# ---- what newcomers tried


def test_a_folder_that_is_its_own_output_is_coloured_once(network, album):
    for _ in range(2):
        photographs = sources.found([album], album)
        assert [source.path.name for source in photographs] == ["a.jpg"]
        ((_, result),) = files.colorize_files(photographs, album, network, overwrite=False)
        assert result == album / "a-2.jpg"


def test_a_link_to_nothing_is_somebodys_and_stays(network, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LEGACY[0].name).symlink_to(tmp_path / "not mounted" / "photo.jpg")
    ((_, result),) = files.colorize_files(LEGACY[:1], tmp_path / "out", network)
    assert result.stem == f"{LEGACY[0].stem}-2" and (tmp_path / "out" / LEGACY[0].name).is_symlink()


def test_what_has_no_end_is_not_read(network, tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    ((_, result),) = files.colorize_files([tmp_path / "pipe.jpg"], tmp_path, network)
    assert isinstance(result, BadInput) and "is no file that can be read" in str(result)
    with pytest.raises(BadInput, match="is no file that can be read"):
        files.read(tmp_path / "pipe.jpg")


def test_a_transparent_result_is_no_jpeg(tmp_path):
    photograph = Image.new("RGBA", (8, 8))
    with pytest.raises(BadInput, match=r"choose a name that ends in \.png"):
        files.write(photograph, photograph, tmp_path / "result.jpg")


def test_on_a_full_disk_there_is_no_result(monkeypatch, tmp_path):
    """Pillow's encoder does not notice a write that the disk has cut short; Python's own does."""
    photograph = Image.open(LEGACY[0]).convert("RGB")

    def full(path, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    with pytest.raises(BadInput, match="No space left on device"):
        files.write(photograph, photograph, tmp_path / "result.jpg")
    assert not list(tmp_path.iterdir())
