"""Write a file whole or not at all."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path):
    """Give a temporary path beside `path`; when the block ends well it is flushed to disk and takes its place.

    Whoever reads `path`, also after a crash or a power cut, finds the old file or the new one and nothing between. The
    folder is flushed too, so that of two files written one after the other the second is never there without the first.
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


def flush(path: Path) -> None:
    """Have the system put a file, or the names in a folder, on the disk before going on."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
