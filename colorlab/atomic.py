"""Write a file whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path):
    """Give a temporary path beside `path`; when the block ends well it is flushed to disk and takes its place.

    Whoever reads `path`, also after a crash or a power cut, finds the old file or the new one and nothing between.
    """
    temporary = path.with_name(f".writing-{path.name}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
