"""Find the photographs that somebody names: files, patterns and folders, without the results of earlier calls."""

import os
import warnings
from functools import cache
from glob import glob, has_magic
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from colorlab.base.files import LONGEST_NAME
from colorlab.data import kinds
from colorlab.data.splits import is_housekeeping

SOFTWARE, SIGNATURE = 0x0131, "colorlab"  # the EXIF tag of the software, and how its value begins in our results
NAMED = 3  # files that a sentence about many names


class Source(NamedTuple):
    """A photograph, and the folder below the output that its result goes to. why : it can never be coloured."""

    path: Path
    place: Path = Path()
    why: str = ""


def found(arguments: list[Path], output: Path, recursive: bool = False) -> list[Source]:
    """Find the photographs that arguments name: files, patterns with * that no shell has expanded, and folders.

    Of a folder these are the files whose names end as those of images do, and those without an ending that begin as an
    image does. Hidden files, text files and results of earlier calls in `output` are left out silently. A warning says
    how many others are left out. Their results keep its sub-folders. recursive : also look into sub-folders.

    A pattern or a folder without a photograph becomes a source that `refusal` refuses.
    """
    sources = []
    for argument in arguments:
        if os.path.isdir(argument):  # pathlib would raise for a name that no disk can hold
            here = _photographs_in(argument, output.resolve(), recursive)
            deeper = "" if recursive or not _has_folders(argument) else "; --recursive looks into sub-folders"
            sources += here or [Source(argument, why=f"{argument} has no photograph{deeper}")]
        elif has_magic(str(argument)) and not os.path.lexists(argument):
            here = [Source(Path(name)) for name in sorted(glob(str(argument), recursive=True)) if Path(name).is_file()]
            sources += here or [Source(argument, why=f"{argument} has no photograph: no file has such a name")]
        else:
            sources.append(Source(argument))  # if it is missing, reading says so
    return sources


def _has_folders(folder):
    return any(one.is_dir() and not one.name.startswith(".") for one in folder.iterdir())


def _photographs_in(folder, output, recursive):
    files = [file for file in sorted(folder.rglob("*") if recursive else folder.glob("*")) if not file.is_dir()]
    files = [file for file in files if not is_housekeeping(file.relative_to(folder).as_posix())]
    below = folder.resolve() in output.parents  # else photographs and results lie in the same folder

    def is_result(file):
        return output in file.resolve().parents and (below or is_ours(file))

    images, others = [], []
    for file in files:
        if _is_image(file):
            images.append(file)
        else:
            others.append(file.name)
    if others:
        some = ", ".join(others[:NAMED]) + (", …" if len(others) > NAMED else "")
        are = (
            "1 file that is no photograph is"
            if len(others) == 1
            else f"{len(others)} files that are no photographs are"
        )
        warnings.warn(f"{folder}: {are} left out ({some})", stacklevel=3)
    return [Source(file, file.parent.relative_to(folder)) for file in images if not is_result(file)]


@cache
def endings() -> set[str]:
    """Return how the names of images end, in small letters: those that Pillow knows, and others (".heic")."""
    return set(Image.registered_extensions()) | kinds.RAW | kinds.ENDINGS


def _is_image(file):
    """Whether a file is taken for an image: by the end of its name, or if it has none, by its first bytes."""
    if file.suffix:
        return file.suffix.lower() in endings() and (file.is_file() or file.is_symlink())
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return kinds.is_image(opened.read(kinds.START))
    except OSError:
        return False


def refusal(source: Source) -> str:
    """Say why a file can never be coloured, before it is read; or nothing."""
    if source.why:
        return source.why
    if os.path.islink(source.path) and not os.path.exists(source.path):
        return f"{source.path} is a link to what is not there ({os.readlink(source.path)})"
    if not os.path.exists(source.path):
        return f"{source.path}: there is no such file"
    if not os.path.isfile(source.path) and not os.path.isdir(source.path):
        return f"{source.path} is no file that can be read to its end: give a photograph"
    if len(os.fsencode(source.path.name)) > LONGEST_NAME:
        return f"{source.path} has a name that is too long for a result's: give it a shorter one"
    return ""


def software_of(path: Path) -> str:
    """Return what an image says to have been made by, or nothing."""
    try:
        with Image.open(path) as image:
            return str(image.getexif().get(SOFTWARE, ""))
    except Exception:  # not an image that Pillow can read
        return ""


def is_ours(path: Path) -> bool:
    """Whether a file is a result of an earlier call. Such a file may be replaced."""
    return path.is_file() and software_of(path).split(" ")[0] == SIGNATURE
