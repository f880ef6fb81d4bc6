"""Check that a packed data set is still what was packed, without reading gigabytes on every start.

It works as git does with the files of a working tree. The size, the times and the place on the disk of each file are
noted when the files are read whole. As long as they match, the files are taken to be unchanged. Files that were
copied, touched or altered do not match: they are read whole once, and their SHA-256 is compared with the one in
dataset.json. So every change that the system knows of is found. `colorlab data info NAME --verify` reads everything
in any case.
"""

import hashlib
import json
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from colorlab.base.files import replacing
from colorlab.base.progress import Progress
from colorlab.base.reading import require

# What dataset.json holds. Data sets that were packed before there was a SHA-256 of colourless.npy lack that.
HEADER = {"format": int, "name": str, "size": int, "classes": [str], "splits": {str: [int]}, "digest": str}
HEADER |= {"counts": {str: {str: int}}, "colourless": int, "photographs": [str], "skipped": [[str]]}
SEEN = ".seen.json"  # the notes, in a file beside the others
NOTES = {SEEN, f".writing-{SEEN}"}  # a kill may leave the second
CHECKED = ("images.npy", "labels.npy", "colourless.npy", "dataset.json")


class Arrays(NamedTuple):
    """The arrays of a data set: images (N, S, S, 3) uint8, labels (N,) int32, colorless (N,) bool."""

    images: np.ndarray
    labels: np.ndarray
    colorless: np.ndarray


def check_header(header) -> None:
    """Raise ValueError, which names the part, unless a value from a file has the form of a dataset.json."""
    require(header, HEADER)
    pairs = [*header["splits"].values(), *header["skipped"]]
    if header["size"] < 1 or not header["splits"] or any(len(pair) != 2 for pair in pairs):
        raise ValueError("its size, its splits or its skipped files are not those of a data set")
    if any(set(header["classes"]) != set(count) for count in header["counts"].values()):
        raise ValueError("its counts are of other classes than its own")


def check_arrays(header: dict, arrays: Arrays) -> None:
    """Raise ValueError unless the arrays have the types and shapes that a dataset.json asks for."""
    images, labels, colorless = arrays
    count, size = max(stop for _, stop in header["splits"].values()), header["size"]
    if images.dtype != np.uint8 or images.shape[1:] != (size, size, 3):
        raise ValueError(f"its images are {images.dtype} {images.shape}")
    if (labels.dtype, colorless.dtype) != (np.int32, bool):
        raise ValueError(
            f"its labels are {labels.dtype} and not int32, or colourless is {colorless.dtype} and not bool"
        )
    if not (len(images), *labels.shape, *colorless.shape) == (count,) * 3:
        raise ValueError(f"it should hold {count} photographs and holds {len(images)}")


def verify(folder: Path, header: dict, arrays: Arrays, whole: bool = False) -> None:
    """Raise ValueError if the arrays of a packed data set are not those that `header`, its dataset.json, describes.

    whole : read everything, even if nothing seems to have changed.
    """
    images, labels, colorless = arrays
    before = _state(folder)
    if not whole and _seen(folder) == before:
        return
    if int(colorless.sum()) != header["colourless"]:
        raise ValueError("colourless.npy has been altered")
    if header.get("colourless_sha256", digest_of(colorless)) != digest_of(colorless):
        raise ValueError("colourless.npy has been altered: its SHA-256 differs")
    digest = digest_before_pixels(header, labels)
    quiet = images.nbytes < 1e8
    with Progress(total=images.nbytes, unit="B", unit_scale=True, desc="checking", disable=quiet) as progress:
        rows = max(1, 2**24 // images[0].nbytes)
        for start in range(0, len(images), rows):
            part = np.ascontiguousarray(images[start : start + rows])
            digest.update(part)
            progress.update(part.nbytes)
    if digest.hexdigest() != header["digest"]:
        raise ValueError("its photographs, labels or splits have been altered: their SHA-256 differs")
    try:
        _note(folder, before)
    except OSError as error:
        warnings.warn(
            f"{folder} cannot be written ({error.strerror}): its files are read whole on every start", stacklevel=2
        )


def note(folder: Path) -> None:
    """Note the files of a packed data set that have just been written, as they are now."""
    _note(folder, _state(folder))


def digest_of(colorless) -> str:
    """Return the SHA-256 of an array (N,) bool, in hexadecimal digits."""
    return hashlib.sha256(np.packbits(colorless)).hexdigest()


def digest_before_pixels(header: dict, labels):
    """Begin the SHA-256 of a data set: with everything but its photographs, which come last."""
    digest = hashlib.sha256(json.dumps([header[name] for name in ("format", "size", "classes", "splits")]).encode())
    digest.update(np.asarray(labels).astype("<i4").tobytes())
    return digest


def _state(folder):
    stats = {name: (folder / name).stat() for name in CHECKED}
    return {name: [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino] for name, stat in stats.items()}


def _note(folder, state):
    with replacing(folder / SEEN) as temporary:
        temporary.write_text(json.dumps(state))


def _seen(folder):
    try:
        return json.loads((folder / SEEN).read_text())
    except (OSError, ValueError):
        return None
