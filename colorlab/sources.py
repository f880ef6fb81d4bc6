"""Which files of a source are photographs, and the split (train, val, test) and scene of each.

A source is a folder of class folders, an archive of one, or the official MiniPlaces: what its folders and label
files say is worked out here, before a single photograph is decoded.
"""

import csv
import hashlib
import io
import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from colorlab import BadInput
from colorlab.archives import bytes_of, members

SPLITS = ("train", "val", "test")
LABEL_FILES = ("CREDITS.csv", "val.txt", "categories.txt")


@dataclass
class Photograph:
    """A file that should be a photograph. `name` is its path from the split or class folder on."""

    source: Path
    member: str
    name: str
    split: str | None = None
    scene: str | None = None


def name_of(source: Path) -> str:
    """What a data set made of this is called: the folder's name, or the archive's without .zip or .tar.gz."""
    return re.sub(r"(\.tar)?\.(zip|tar|tgz|gz|bz2|xz)$", "", Path(source).resolve().name, flags=re.IGNORECASE)


def survey(sources, labels):
    """Photographs in the order in which they will be packed, and [[name, reason], ...] of those left out."""
    photographs, skipped, texts = [], [], {}
    for source in sources:
        paths = []
        for member in members(source):
            if posixpath.basename(member.path) in LABEL_FILES:
                texts[source, member.path] = _text(bytes_of(member), f"{source}: {member.path}")
            elif not _is_housekeeping(member.path):
                paths.append(member.path)
        found = _placed(source, list(dict.fromkeys(paths)))
        _split_by_csv(source, found, texts, skipped)
        photographs += found
    _label_flat(photographs, sources, texts, labels)
    skipped += [[p.name, "in no class folder and in no val.txt"] for p in photographs if not p.scene]
    photographs = [p for p in photographs if p.scene]
    for photograph in photographs:
        photograph.split = photograph.split or split_by_hash(photograph)
    return sorted(photographs, key=lambda p: (SPLITS.index(p.split), p.scene, p.name)), skipped


def _is_housekeeping(path):
    """Files that nobody takes for photographs: left out without a word."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))
    return hidden or path.lower().endswith((".csv", ".txt", ".xml", ".json", ".md", ".npy"))


def _placed(source, paths):
    """Read split and scene off the folders: [train|val|test/][a/]class[/subclass]/photograph.

    The source's own name counts as its top folder: val.zip may hold just class folders.
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
    """How deep the first folders that tell something lie, and whether they are splits (else classes).

    What lies above is shared by all photographs and says nothing, except its last if there is no other.
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
    """From a/abbey to abbey: MiniPlaces sorts its classes into folders by their first letter."""
    return re.sub(r"^([A-Za-z])/(?=\1)", "", path.strip("/")) or None


def _split_by_csv(source, photographs, texts, skipped):
    """A CREDITS.csv at the top of the source, with the columns file and split, decides the splits."""
    for (origin, path), text in texts.items():
        top = path.removesuffix("CREDITS.csv")
        if origin != source or top == path:
            continue
        splits = {row.get("file"): row.get("split") for row in csv.DictReader(io.StringIO(text))}
        if not any(splits.values()) or not all(p.member.startswith(top) for p in photographs):
            continue
        for photograph in photographs:
            split = photograph.split = splits.get(photograph.member.removeprefix(top))
            if split and split not in SPLITS:
                raise BadInput(f"{source}: {path} has a split '{split}'; wanted {', '.join(SPLITS)}")
        skipped += [[p.name, "not in CREDITS.csv"] for p in photographs if not p.split]
        photographs[:] = [p for p in photographs if p.split]


def split_by_hash(photograph):
    """A tenth goes to val. Only its own name decides, so that adding photographs moves none of the others."""
    name = f"{photograph.scene}/{posixpath.basename(photograph.name)}"
    return "val" if int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 0 else "train"


def _label_flat(photographs, sources, texts, labels):
    """Photographs in no class folder have their scene from val.txt and categories.txt, as in MiniPlaces."""
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
    if not numbers and not classes:  # train/1.jpg, val/2.jpg: there are no scenes, so all are of one
        for photograph in flat:
            photograph.scene = name_of(photograph.source)


def _numbered(name, sources, texts, labels):
    """({path: number}, where it is): val.txt or categories.txt as given, in a source or beside one."""
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
    """Lines of a path, a space and a number -> {path: number}."""
    numbers = {}
    for row, line in enumerate(text.splitlines(), 1):
        path, _, number = line.strip().rpartition(" ")
        if path and number.isdecimal():
            numbers[path.strip()] = int(number)
        elif line.strip():
            raise BadInput(f"{where}: line {row} is '{line.strip()[:60]}', wanted a path and a number")
    return numbers


def _text(data, where):
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{where}: not a text file in UTF-8") from None
