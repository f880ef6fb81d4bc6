"""Read the files in a folder, a zip or a tar where they are. Nothing is ever extracted."""

import lzma
import os
import posixpath
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from colorlab.base.errors import BadInput

LARGEST_FILE = 2**28  # bytes; a larger file is no photograph and would fill the memory
# What Python's readers raise for a damaged archive; RuntimeError is for one with a password.
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, RuntimeError)
DAMAGED += (UnicodeDecodeError, IndexError)  # malformed names


@dataclass(frozen=True)
class Member:
    """A file of a source: its path inside the source, its size in bytes, and the function that reads it."""

    path: str
    size: int
    read: Callable[[], bytes]


def members(source: Path) -> Iterator[Member]:
    """Yield every file of a folder, zip or tar (gz, bz2, xz), in the source's own order, without links in an archive.

    A tar is a stream: `read()` a member before you ask for the next. Raises BadInput if the source is missing or
    damaged.
    """
    if not source.exists():
        raise BadInput(f"{source}: does not exist; give a folder, a zip or a tar of photographs")
    try:
        if source.is_dir():
            yield from _folder_members(source)
        elif tarfile.is_tarfile(source):
            yield from _tar_members(source)
        elif zipfile.is_zipfile(source):
            yield from _zip_members(source)
        else:
            raise BadInput(f"{source}: neither a folder nor a zip or tar archive, or a damaged one")
    except (OSError, *DAMAGED) as error:
        raise BadInput(f"{source}: cannot be read to its end, is it complete? ({error})") from error


def _folder_members(folder):
    def refuse(error):
        raise error  # by default os.walk silently skips a folder that it may not read

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(here, name) for name in files):
            if path.is_file():
                name = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
                yield Member(name, path.stat().st_size, path.read_bytes)


def _zip_members(source):
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16):
                yield Member(_path(info.filename), info.file_size, lambda info=info: archive.read(info))


def _tar_members(source):
    with tarfile.open(source) as archive:
        for info in archive:
            if info.isfile():
                yield Member(_path(info.name), info.size, lambda info=info: archive.extractfile(info).read())
            archive.members = []  # or tarfile would keep every header in memory
        archive.fileobj.seek(archive.offset)  # tarfile takes a damaged header for the end, which is all zeros
        if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("the end is missing")


def _path(name):
    """A member's path from the top of the archive: with forward slashes, without a leading "/" or "../"."""
    return posixpath.normpath("/" + name.replace("\\", "/").encode("utf-8", "replace").decode()).lstrip("/")


def bytes_of(member: Member) -> bytes:
    """Return the bytes of a member. Raises BadInput if it is unreadable or too large for a photograph."""
    if member.size > LARGEST_FILE:
        raise BadInput(f"it is too large (a file of {member.size / 1e6:.0f} MB)")
    try:
        return member.read()
    except (OSError, *DAMAGED) as error:
        raise BadInput(f"it is unreadable ({error})") from None
