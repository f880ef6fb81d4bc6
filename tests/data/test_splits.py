"""Sources: every layout is understood, with its splits, scenes and labels."""

from pathlib import Path

import pytest
from making import PHOTO, SIZE, folder_of, packed, tar_of, zip_of

from colorlab.base.errors import BadInput
from colorlab.data import splits
from colorlab.data.packing import pack


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
        return {name: splits.split_by_hash(splits.Photograph(Path(), name, name, scene="a")) for name in names}

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
