"""Write a file whole or not at all."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path


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


def flush(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
