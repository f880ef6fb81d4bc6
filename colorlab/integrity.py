"""Is a packed data set still what was packed? Gigabytes are not read on every start to find out.

As git does with the files of a working tree: what has the size and the time of change that were noted when it was
last read whole is taken to be the same. What has not (copied, touched, altered) is read whole, once, and its SHA-256
compared with the one in dataset.json. So a changed file is never missed, but for a disk that changes bits behind the
system's back; `colorlab data info NAME --verify` reads all of it in any case.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from colorlab.atomic import replacing
from colorlab.progress import Progress

SEEN = ".seen.json"  # beside the files: their sizes and times of change when they were last read whole
CHECKED = ("images.npy", "labels.npy", "colourless.npy", "dataset.json")


def verify(folder: Path, header: dict, images, labels, colourless, whole: bool = False) -> None:
    """Raise ValueError if the arrays of a packed data set are not those that `header` describes.

    whole : read everything, even if nothing seems to have changed.
    """
    if not whole and _seen(folder) == _state(folder):
        return
    if int(colourless.sum()) != header["colourless"]:
        raise ValueError("colourless.npy has been altered")
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
    note(folder)


def note(folder: Path) -> None:
    """Remember that the files of a packed data set, as they are now, have been read or written whole."""
    try:
        with replacing(folder / SEEN) as temporary:
            temporary.write_text(json.dumps(_state(folder)))
    except OSError:  # on a disk that can only be read they are checked each time
        pass


def digest_before_pixels(header: dict, labels):
    """The SHA-256 of a data set, up to its photographs, which come last."""
    digest = hashlib.sha256(json.dumps([header[name] for name in ("format", "size", "classes", "splits")]).encode())
    digest.update(np.asarray(labels).astype("<i4").tobytes())
    return digest


def _state(folder):
    stats = {name: (folder / name).stat() for name in CHECKED}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}


def _seen(folder):
    try:
        return json.loads((folder / SEEN).read_text())
    except (OSError, ValueError):
        return None
