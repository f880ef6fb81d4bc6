"""Find out which files of a source are photographs, and the split (train, val, test) and the scene of each.

A source is a folder of class folders, an archive of one, or the official MiniPlaces. The names of its folders and its
label files are enough: no photograph is decoded here.
"""

import csv
import hashlib
import io
import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from colorlab.base.errors import BadInput
from colorlab.base.reading import reading
from colorlab.data.archives import bytes_of, members

SPLITS = ("train", "val", "test")
LABEL_FILES = ("CREDITS.csv", "val.txt", "categories.txt")
NOT_LISTED = "not in CREDITS.csv"  # why a photograph is left out


@dataclass
class Photograph:
    """A file that should be a photograph. `name` is its path, starting with its split or class folder."""

    source: Path
    member: str
    name: str
    split: str | None = None
    scene: str | None = None


def name_of(source: Path) -> str:
    """The name of a data set made of this source: that of the folder, or of the archive without .zip or .tar.gz."""
    return re.sub(r"(\.tar)?\.(zip|tar|tgz|gz|bz2|xz)$", "", Path(source).resolve().name, flags=re.IGNORECASE)


@dataclass
class Survey:
    """What sources hold."""

    sources: list[Path]
    photographs: list[Photograph]  # in the order in which they will be packed
    skipped: list[list[str]]  # [name, reason] of each that is left out


def survey(sources: list[Path], labels: Path | None) -> Survey:
    """Find the photographs of all sources, with their splits and scenes. Raises BadInput for what cannot be read.

    labels : the val.txt of MiniPlaces, if it is neither in a source nor beside one.
    """
    photographs, skipped, texts = [], [], {}
    for source in sources:
        paths = []
        for member in members(source):
            if posixpath.basename(member.path) in LABEL_FILES:
                texts[source, member.path] = _text(bytes_of(member), f"{source}: {member.path}")
            elif not is_housekeeping(member.path):
                paths.append(member.path)
        found = _placed(source, list(dict.fromkeys(paths)))
        _split_by_csv(source, found, texts, skipped)
        photographs += found
    _label_flat(photographs, sources, texts, labels)
    skipped += [[p.name, "in no class folder and in no val.txt"] for p in photographs if not p.scene]
    photographs = [p for p in photographs if p.scene]
    for photograph in photographs:
        photograph.split = photograph.split or split_by_hash(photograph)
    photographs.sort(key=lambda p: (SPLITS.index(p.split), p.scene, p.name))
    return Survey(sources, photographs, skipped)


def is_housekeeping(path: str) -> bool:
    """Whether nobody takes a file for a photograph: such files are skipped silently. path : in its folder, with "/"."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))
    return hidden or path.lower().endswith((".csv", ".txt", ".xml", ".json", ".md", ".npy"))


def _placed(source, paths):
    """Read split and scene from the folders: [train|val|test/][a/]class[/subclass]/photograph.

    The source's own name counts as its top folder, because val.zip may hold nothing but class folders.
    """
    parts = [[name_of(source), *path.split("/")] for path in paths]
    top, splits_given = _top([folders for *folders, _ in parts])
    photographs = []
    for member, path in zip(paths, parts, strict=True):
        *folders, _ = path[top:]
        split = folders.pop(0) if splits_given and folders else None
        scene = _scene("/".join(folders))
        photographs.append(Photograph(source, member, name="/".join(path[top:]), split=split, scene=scene))
    return photographs


def _top(folders):
    """Find the level at which folders begin to mean something: (its depth, whether they are splits and not classes).

    Folders that all photographs share say nothing, except one named like a split, or the last if nothing lies below.
    """
    shared = os.path.commonprefix(folders)
    below = {path[len(shared)] for path in folders if len(path) > len(shared)}
    if below and below <= set(SPLITS):
        return len(shared), True
    for depth in reversed(range(len(shared))):
        if shared[depth] in SPLITS:
            return depth, True
    return len(shared) - (not below), False


def _scene(path):
    """Turn a/abbey into abbey: MiniPlaces sorts its classes into folders by their first letter."""
    return re.sub(r"^([A-Za-z])/(?=\1)", "", path.strip("/")) or None


def _split_by_csv(source, photographs, texts, skipped):
    """Take the splits from a CREDITS.csv at the top of the source, if it has the columns file and split."""
    for (origin, path), text in texts.items():
        top = path.removesuffix("CREDITS.csv")
        if origin != source or top == path:
            continue
        with reading(f"{source}: {path}", "mend it, or take it out of the source"):
            splits = {row.get("file"): row.get("split") for row in csv.DictReader(io.StringIO(text))}
        if not any(splits.values()) or not all(p.member.startswith(top) for p in photographs):
            continue
        for photograph in photographs:
            split = photograph.split = splits.get(photograph.member.removeprefix(top))
            if split and split not in SPLITS:
                raise BadInput(f"{source}: {path} has a split '{split}'; wanted {', '.join(SPLITS)}")
        skipped += [[p.name, NOT_LISTED] for p in photographs if not p.split]
        photographs[:] = [p for p in photographs if p.split]


def split_by_hash(photograph):
    """Send a tenth of the photographs to val. Only its own name decides, so adding photographs moves no other."""
    name = f"{photograph.scene}/{posixpath.basename(photograph.name)}"
    return "val" if int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 0 else "train"


def _label_flat(photographs, sources, texts, labels):
    """Give photographs in no class folder their scene from val.txt and categories.txt, as in MiniPlaces."""
    flat = [p for p in photographs if not p.scene]
    if not flat and not labels:
        return
    classes = sorted({p.scene for p in photographs if p.scene})
    numbers, where = _numbered("val.txt", sources, texts, labels)
    categories, _ = _numbered("categories.txt", sources, texts, labels)
    scenes = {number: _scene(path) for path, number in categories.items()} or dict(enumerate(classes))
    for photograph in flat:
        number = numbers.get(photograph.name)
        if number is not None and number not in scenes:
            known = f"categories.txt or the class folders name {len(scenes)} classes"
            raise BadInput(f"{where}: {photograph.name} is of class {number}, but {known}")
        photograph.scene = scenes.get(number)
    if labels and not any(p.scene for p in flat):
        raise BadInput(f"{labels}: labels none of the photographs; wanted lines such as val/00000001.jpg 71")
    if not numbers and not classes:  # as in train/1.jpg, val/2.jpg: without scenes, all are of one
        for photograph in flat:
            photograph.scene = name_of(photograph.source)


def _numbered(name, sources, texts, labels):
    """Read val.txt or categories.txt as given, in a source or beside one: ({path: number}, where it was found)."""
    if labels:
        files = [labels if name == "val.txt" else labels.with_name(name)]
    else:
        files = [source.parent / name for source in sources]
        for (source, path), text in texts.items():
            if posixpath.basename(path) == name:
                return _numbers(text, f"{source}: {path}"), f"{source}: {path}"
    for file in files:
        if file.is_file():
            return _numbers(_text(file.read_bytes(), file), file), file
    return {}, None


def _numbers(text, where):
    """Read lines of a path, a space and a number: {path: number}. Raises BadInput for any other line."""
    numbers = {}
    for row, line in enumerate(text.splitlines(), 1):
        path, _, number = line.strip().rpartition(" ")
        if path and number.isdecimal() and len(number) < 10:
            numbers[path.strip()] = int(number)
        elif line.strip():
            raise BadInput(f"{where}: line {row} is '{line.strip()[:60]}', wanted a path and a number")
    return numbers


def _text(data, where):
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{where}: not a text file in UTF-8") from None
