"""Read files that may be damaged. Whatever is wrong with one becomes a sentence that names it.

Libraries document few of the errors that damaged bytes make them raise. So every error counts as damage here, and a
block of `reading` holds no more than the reading itself.
"""

import errno
import json
from contextlib import contextmanager
from pathlib import Path

from colorlab.base.errors import BadInput

KINDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
KINDS |= {list: "a list", dict: "an object"}


@contextmanager
def reading(path: Path, remedy: str, fault: str = "damaged"):
    """Raise BadInput, which names `path` and the remedy, for what goes wrong inside the block."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        if isinstance(error, FileNotFoundError) and not Path(path).exists():
            raise BadInput(f"there is no {path}") from None
        if is_of_disk(error):
            raise BadInput(f"{path} cannot be read ({error.strerror}): check the disk and permissions") from error
        raise BadInput(f"{path} is {fault} ({reason(error)}): {remedy}") from error


def is_of_disk(error: Exception) -> bool:
    """Whether the disk or the system has refused to read, and the content of the file is not the reason."""
    of_system = isinstance(error, OSError) and error.errno and error.strerror
    return bool(of_system) and error.errno not in (errno.EINVAL, errno.ENOENT)  # EINVAL: a wrong place in the file


def reason(error: Exception) -> str:
    """Return what an error says in one short line."""
    lines = str(error).strip().splitlines()
    said = lines[0][:150] if lines else ""
    return said if said and not isinstance(error, LookupError) else f"{type(error).__name__}: {said}".rstrip(": ")


def read_json(path: Path, shape, remedy: str = "get a whole copy of it"):
    """Return what a JSON file holds. Raises BadInput unless it has this shape (`require`)."""
    with reading(path, remedy):
        return require(json.loads(Path(path).read_text("utf-8")), shape)


def require(value, shape, name: str = "it"):
    """Return a value that JSON can hold. Raises ValueError, which names the part that is wrong, unless it has a shape.

    shape : a type (float also allows whole numbers; `object` allows everything), or [shape of the items], or
        {name: shape}, which allows more names, or {str: shape} for any names.
    """
    kind = type(shape) if isinstance(shape, list | dict) else shape
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind in (int, float)):
        raise ValueError(f"{name} is {value!r:.40}, wanted is {KINDS[kind]}")
    if isinstance(shape, list):
        for number, item in enumerate(value):
            require(item, shape[0], f"item {number} of {name}")
    elif isinstance(shape, dict):
        parts = dict.fromkeys(value, shape[str]) if str in shape else shape
        for part, wanted in parts.items():
            if part not in value:
                raise ValueError(f"{name} has no '{part}'")
            require(value[part], wanted, f"'{part}'")
    return value
