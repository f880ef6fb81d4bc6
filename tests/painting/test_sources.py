"""Which photographs files, patterns and folders stand for, and what is said of all others."""

import pathlib
import warnings

import pytest

from colorlab.painting import sources
from colorlab.painting.sources import Source, found, refusal


def names_of(sources):
    return [(source.path.name, str(source.place)) for source in sources]


def test_a_folder_is_its_photographs_and_recursive_those_of_its_folders(album):
    output = album / "colorized"
    assert names_of(found([album], output)) == [("a.jpg", ".")]
    below = [("a.jpg", "."), ("b.JPG", "one"), ("c.png", "one/two")]
    assert names_of(found([album], output, recursive=True)) == below


def test_a_pattern_that_no_shell_has_expanded_is_expanded(album):
    assert names_of(found([album / "*.jpg"], album / "out")) == [("a.jpg", ".")]
    assert names_of(found([album / "**" / "*.png"], album / "out")) == [("c.png", ".")]
    strange = album / "photo[1].jpg"
    strange.write_bytes((album / "a.jpg").read_bytes())
    assert names_of(found([strange], album / "out")) == [("photo[1].jpg", ".")]


def test_what_has_no_photograph_is_refused_alone(album):
    (album / "empty").mkdir()
    (album / "full" / "deeper").mkdir(parents=True)
    arguments = [album / "empty", album / "full", album / "*.webp", album / "a.jpg"]
    empty, full, pattern, photograph = map(refusal, found(arguments, album / "out"))
    assert empty == f"{album / 'empty'} has no photograph"
    assert full == f"{album / 'full'} has no photograph; --recursive looks into sub-folders"
    assert "*.webp has no photograph" in pattern and not photograph
    assert "--recursive" not in refusal(found([album / "full"], album / "out", recursive=True)[0])


def test_what_a_mac_or_a_program_hides_beside_photographs_is_passed_over_silently(album):
    for name in ("._a.jpg", ".hidden.jpg", "__MACOSX/a.jpg", ".thumbnails/a.jpg", "Thumbs.txt"):
        (album / name).parent.mkdir(exist_ok=True)
        (album / name).write_bytes((album / "a.jpg").read_bytes())
    with warnings.catch_warnings(action="error"):
        names = [name for name, _ in names_of(found([album], album / "colorized", recursive=True))]
    assert names == ["a.jpg", "b.JPG", "c.png"]


def test_images_that_cannot_be_read_are_tried_and_other_files_are_counted(album):
    for name in ("a.jxl", "b.EXR", "c.heic", "d.nef", "film.mp4", "Makefile", "song.mp3", "book.docx"):
        (album / name).write_bytes(b"something else")
    (album / "scan").write_bytes((album / "a.jpg").read_bytes())
    with pytest.warns(
        UserWarning, match="album: 4 files that are no photographs are left out .Makefile, .*, …"
    ) as said:
        names = [name for name, _ in names_of(found([album], album / "out"))]
    assert names == ["a.jpg", "a.jxl", "b.EXR", "c.heic", "d.nef", "scan"] and len(said) == 1


def test_a_broken_link_is_called_one(album):
    (album / "link.jpg").symlink_to(album / "not mounted.jpg")
    assert [name for name, _ in names_of(found([album], album / "out"))] == ["a.jpg", "link.jpg"]
    assert "link.jpg is a link to what is not there" in refusal(Source(album / "link.jpg"))


def test_the_work_grows_with_the_number_of_files_and_not_with_its_square(tmp_path, monkeypatch):
    for number in range(100):
        (tmp_path / f"{number}.jpg").touch()
    counts = {"hashed": 0, "asked": 0}
    usual, endings = pathlib.PurePath.__hash__, sources.Image.registered_extensions

    def counted(path):
        counts["hashed"] += 1
        return usual(path)

    def asked():
        counts["asked"] += 1
        return endings()

    monkeypatch.setattr(pathlib.PurePath, "__hash__", counted)
    monkeypatch.setattr(sources.Image, "registered_extensions", asked)
    assert len(found([tmp_path], tmp_path / "out")) == 100
    assert counts["hashed"] <= 500 and counts["asked"] <= 1
