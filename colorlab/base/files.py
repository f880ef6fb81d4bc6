"""Where a result may be written, and how: whole or not at all."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path

from colorlab.base.errors import BadInput

LONGEST_NAME = 240  # bytes; disks allow 255, and a file has a longer name while it is written
LONGEST_PATH = 4000  # bytes; Linux allows 4096


@contextmanager
def replacing(path: Path):
    """Yield a temporary path beside `path`. When the block ends well, that file is flushed and moved to `path`.

    Whoever reads `path` finds the old file or the new one, never a part, even after a crash or a power cut. The
    folder is flushed, too: of two files written one after the other, the second is never there without the first.
    """
    temporary = path.with_name(f".writing-{path.name}")
    try:
        yield temporary
        flush(temporary)
        os.replace(temporary, path)
        try:
            flush(path.parent)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network disks can't flush a folder
                raise
    finally:
        temporary.unlink(missing_ok=True)


def refuse_place(place: str | Path, wanted: str) -> None:
    """Raise BadInput if a result can never be written at a place. wanted : "file" or "folder"."""
    path, name = Path(place), f"{str(place)!r:.100}"
    if not str(place).strip():
        raise BadInput(f"the name of the result is empty: name a {wanted} with -o")
    if "\0" in str(place):
        raise BadInput(f"{name} holds a zero byte, which no name of a file can hold: choose another name with -o")
    long = max(len(os.fsencode(part)) for part in path.absolute().parts) > LONGEST_NAME
    if long or len(os.fsencode(path.absolute())) > LONGEST_PATH:
        raise BadInput(f"{name} is too long for the name of a {wanted}: choose a shorter one with -o")
    if wanted == "file" and (path.is_dir() or str(place).endswith("/")):
        raise BadInput(f"{place} is a folder, and the result is a file: choose another name with -o")
    files = [one for one in path.absolute().parents if one.exists() and not one.is_dir()]
    if wanted == "folder" and path.exists() and not path.is_dir():
        files.append(path)
    here = next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
    if here.is_dir() and not os.access(here, os.W_OK | os.X_OK):
        raise BadInput(f"{here} may not be written to: choose another name with -o")
    if files:
        raise BadInput(f"{files[0]} is a file and no folder, so nothing can be in it: choose another name with -o")


def flush(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
