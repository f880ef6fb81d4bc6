"""Is a packed data set still what was packed? Gigabytes are not read on every start to find out.

As git does with the files of a working tree: what has the size, the times and the place on the disk that were noted
when it was last read whole is taken to be the same. What has not (copied, touched, altered) is read whole, once, and
its SHA-256 compared with the one in dataset.json. So no change is missed that the system knows of; and
`colorlab data info NAME --verify` reads all in any case.
"""

import hashlib
import json
import warnings
from pathlib import Path

import numpy as np

from colorlab.atomic import replacing
from colorlab.progress import Progress

SEEN = ".seen.json"  # what was noted, beside the files
NOTES = {SEEN, f".writing-{SEEN}"}  # and what a kill may leave of it
CHECKED = ("images.npy", "labels.npy", "colourless.npy", "dataset.json")


def verify(folder: Path, header: dict, images, labels, colourless, whole: bool = False) -> None:
    """Raise ValueError if the arrays of a packed data set are not those that `header`, its dataset.json, describes.

    images : (N, S, S, 3) uint8; labels : (N,) int32; colourless : (N,) bool.
    whole : read everything, even if nothing seems to have changed.
    """
    before = _state(folder)
    if not whole and _seen(folder) == before:
        return
    # (Sets that were packed before there was a SHA-256 of colourless.npy have at least its sum.)
    if int(colourless.sum()) != header["colourless"]:
        raise ValueError("colourless.npy has been altered")
    if header.get("colourless_sha256", digest_of(colourless)) != digest_of(colourless):
        raise ValueError("colourless.npy has been altered: its SHA-256 is another")
    digest = digest_before_pixels(header, labels)
    quiet = images.nbytes < 1e8
    with Progress(total=images.nbytes, unit="B", unit_scale=True, desc="checking", disable=quiet) as progress:
        rows = max(1, 2**24 // images[0].nbytes)
        for start in range(0, len(images), rows):
            part = np.ascontiguousarray(images[start : start + rows])
            digest.update(part)
            progress.update(part.nbytes)
    if digest.hexdigest() != header["digest"]:
        raise ValueError("its photographs, labels or splits have been altered: their SHA-256 is another")
    try:
        _note(folder, before)
    except OSError as error:
        warnings.warn(
            f"{folder} cannot be written ({error.strerror}): what is in it is read whole on every start", stacklevel=2
        )


def note(folder: Path) -> None:
    """Remember that the files of a packed data set, as they are now, have just been written."""
    _note(folder, _state(folder))


def digest_of(colourless) -> str:
    """SHA-256 of (N,) bool, in hexadecimal digits."""
    return hashlib.sha256(np.packbits(colourless)).hexdigest()


def digest_before_pixels(header: dict, labels):
    """The SHA-256 of a data set, up to its photographs, which come last."""
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
