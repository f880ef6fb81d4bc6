"""What lies in a folder, a zip or a tar, read where it is: nothing is ever extracted."""

import lzma
import os
import posixpath
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from colorlab import BadInput

LARGEST_FILE = 2**28  # bytes; what is larger is no photograph, and would fill the memory
# What Python's readers raise on a damaged archive, and (RuntimeError) on one that wants a password.
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, RuntimeError)
DAMAGED += (UnicodeDecodeError, IndexError)  # names that cannot be


@dataclass(frozen=True)
class Member:
    """One file: its path inside the source, its size in bytes, and how to get its bytes."""

    path: str
    size: int
    read: Callable[[], bytes]


def members(source: Path) -> Iterator[Member]:
    """Every file of a folder, zip or tar (gz, bz2, xz), in its own order; links inside an archive are left out.

    A tar is a stream: `read()` a member before asking for the next. Raises BadInput if the source is missing,
    is damaged or has a member that points outside it.
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
        raise error  # os.walk would pass over a folder it may not read, without a word

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(here, name) for name in files):
            if path.is_file():
                name = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
                yield Member(name, path.stat().st_size, path.read_bytes)


def _zip_members(source):
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            path = _checked(source, info.filename)
            if stat.S_ISLNK(info.external_attr >> 16):  # a link's target is its content
                target = archive.open(info).read(4096).decode("utf-8", "replace")
                _checked_link(source, path, posixpath.dirname(path), target)
            elif not info.is_dir():
                yield Member(path, info.file_size, lambda info=info: archive.read(info))


def _tar_members(source):
    with tarfile.open(source) as archive:
        for info in archive:
            path = _checked(source, info.name)
            if info.issym() or info.islnk():  # a hard link's target counts from the top of the archive
                _checked_link(source, path, posixpath.dirname(path) if info.issym() else "", info.linkname)
            elif info.isfile():
                yield Member(path, info.size, lambda info=info: archive.extractfile(info).read())
            archive.members = []  # tarfile would keep every header it has seen
        archive.fileobj.seek(archive.offset)  # tarfile takes a damaged header for the end; that is all zeros
        if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("the end is missing")


def _checked(source, name):
    """A member's name with forward slashes. Refuses what would leave the archive if somebody extracted it."""
    path = name.replace("\\", "/").encode("utf-8", "replace").decode()
    if re.match("/|[A-Za-z]:", path) or ".." in path.split("/"):
        raise BadInput(f"{source}: the member '{name}' leads outside the archive; wanted only names inside")
    return posixpath.normpath(path)


def _checked_link(source, path, folder, target):
    """Refuse a link that points outside. One that points inside adds nothing: its target is a member too."""
    resolved = posixpath.normpath(posixpath.join(folder, target.replace("\\", "/")))
    if re.match(r"/|[A-Za-z]:|\.\.(/|$)", resolved):
        raise BadInput(f"{source}: the member '{path}' is a link to '{target}', outside the archive")


def bytes_of(member: Member) -> bytes:
    """The bytes of a member; raises BadInput if it is unreadable or too large for a photograph."""
    if member.size > LARGEST_FILE:
        raise BadInput(f"it is too large (a file of {member.size / 1e6:.0f} MB)")
    try:
        return member.read()
    except (OSError, *DAMAGED) as error:
        raise BadInput(f"it is unreadable ({error})") from None
