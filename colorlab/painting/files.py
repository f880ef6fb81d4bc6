"""Colour photographs in files: read them, colour them, and write results that keep the camera's metadata.

The first photograph is decoded while the network is loaded. While the network looks at one photograph, the next ones
are decoded and the last ones are painted and encoded.
"""

import hashlib
import io
import itertools
import os
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.progress import Progress
from colorlab.data.metadata import described
from colorlab.data.photographs import read_photograph
from colorlab.painting.network import Network
from colorlab.painting.paint import with_chroma
from colorlab.painting.sources import SIGNATURE, SOFTWARE, Source, is_ours, refusal, software_of

AHEAD = 2  # photographs that are decoded before their turn, and that are encoded after it
# These formats are kept. All others, and photographs with transparency, are written as PNG.
WRITTEN = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


def colorize_files(
    paths: list[Path | Source],
    folder: Path,
    network: Network,
    saturation=None,
    style=None,
    native=False,
    overwrite=True,
    kept=None,
) -> Iterator[tuple[Path, Path | BadInput]]:
    """Colour files into a folder. Yields each file with its result's path, or with a BadInput that says what is wrong.

    saturation, style, native : as of Network.chroma.
    overwrite : without it, a file that an earlier call has coloured in the same way is not coloured again.
    kept : a list, to which the files are added that are not coloured again.

    Only a result of an earlier call is overwritten. If another file has the name, the result gets a number.
    """
    sources = [one if isinstance(one, Source) else Source(one) for one in paths]
    if not sources:
        return  # without a line of progress
    how = [network.identity, saturation, style and hashlib.sha256(style.tobytes()).hexdigest(), native]
    stamps = {source: _stamp(source.path, how) for source in sources}
    done = {} if overwrite else _results(folder, sources, set(stamps.values()))
    taken = {str(path).lower() for path in done.values()}
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        Progress(total=len(sources), unit="photo", desc="colorizing") as bar,
    ):
        preparing = pool.submit(network.prepare) if len(done) < len(sources) else None

        def colored():  # the network looks at one photograph after the other, in this thread
            for source, photograph in _ahead(pool, _read, ((one, done.get(stamps[one])) for one in sources)):
                if kept is not None and isinstance(photograph, Path):
                    kept.append(source.path)
                if isinstance(photograph, BadInput | Path):
                    yield source, photograph, None, None, None
                    continue
                if preparing:
                    preparing.result()
                (chroma,) = network.chroma([photograph], saturation, style, native)
                yield source, photograph, chroma, _target(source, folder, photograph.mode, taken), stamps[source]

        for source, result in _ahead(pool, _finished, colored()):
            bar.update()
            yield source.path, result


def _ahead(pool, work, items):
    """Do work on items in other threads, some before their turn. Yields the results in order."""
    pending = deque()
    for item in items:
        pending.append(pool.submit(work, *item))
        if len(pending) > AHEAD:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def _read(source, result):
    """Read a photograph. In its place: the result that is there already, or a BadInput that says what is wrong."""
    try:
        if why := refusal(source):
            raise BadInput(why)
        return source, result or read(source.path)
    except BadInput as error:
        return source, error


def read(path: Path) -> Image.Image:
    """Read a photograph as `read_photograph` does, and warn of what a result will not have."""
    photograph = read_photograph(path)
    for note in photograph.info["notes"]:
        warnings.warn(f"{path}: {note}", stacklevel=2)
    return photograph


def _finished(source, photograph, chroma, target, stamp):
    if chroma is None:
        return source, photograph
    kept = _kept(photograph, stamp)
    try:
        _save(with_chroma(photograph, chroma), target, kept)
    except BadInput as error:
        return source, error
    return source, target


def _stamp(path, how) -> str:
    """What the metadata of a result say of how it was made, and from which file. A missing file has one, too."""
    state = path.stat() if os.path.isfile(path) else None
    made_of = [str(path.resolve()), *how, *((state.st_size, state.st_mtime_ns) if state else ())]
    return f"{SIGNATURE} {hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]}"


def _results(folder, sources, stamps) -> dict[str, Path]:
    """Find the results of earlier calls for the same files and settings: stamp -> file."""
    places = {folder / source.place for source in sources}
    files = [file for place in places if place.is_dir() for file in place.iterdir()]
    files = [file for file in files if file.suffix.lower() in WRITTEN and file.is_file()]
    return {stamp: file for file in files if (stamp := software_of(file)) in stamps}


def _target(source, folder, mode, taken) -> Path:
    """Choose the name of a result. Each is given once, and no file of somebody's has it."""
    suffix = source.path.suffix
    if suffix.lower() not in WRITTEN or mode not in ("L", "RGB"):
        suffix = ".png"
    numbers = itertools.chain([""], (f"-{n}" for n in itertools.count(2)))
    names = (folder / source.place / f"{source.path.stem}{number}{suffix}" for number in numbers)
    # On some disks Photo.jpg and photo.jpg are the same file.
    free = (one for one in names if str(one).lower() not in taken and (not os.path.lexists(one) or is_ours(one)))
    target = next(free)
    taken.add(str(target).lower())
    return target


def _kept(photograph, stamp=SIGNATURE) -> dict:
    """What is written beside the pixels: the photograph's description, its resolution, and this program's name."""
    exif = described(photograph)
    exif[SOFTWARE] = stamp
    return {"exif": exif} | ({"dpi": photograph.info["dpi"]} if "dpi" in photograph.info else {})


def _save(image, target, kept):
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        image.info.clear()  # comments, and a colour profile that is no longer true
        encoded = io.BytesIO()  # into memory: where a disk is full, Pillow would write half a JPEG and say nothing
        image.save(encoded, format=WRITTEN.get(target.suffix.lower(), "PNG"), quality=95, **kept)
        with replacing(target) as temporary:
            temporary.write_bytes(encoded.getbuffer())
    except Exception as error:  # such as a full disk, no permission, an image too large for its format
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"{target} cannot be written ({why}): choose another folder with -o") from None


def refuse_target(target: Path) -> None:
    """Raise BadInput if the target has an unknown format, or is a file that is not an earlier result of colorlab."""
    if target.suffix.lower() not in WRITTEN:
        raise BadInput(f"{target} has no format that can be written: choose a name that ends in {', '.join(WRITTEN)}")
    if os.path.lexists(target) and not is_ours(target):
        raise BadInput(f"{target} is there already, and not a result of colorlab: choose another name with -o")


def write(image: Image.Image, photograph: Image.Image, target: Path) -> None:
    """Write an image made from a photograph, in the format of the target's name, with the photograph's metadata.

    Raises BadInput if `refuse_target` does, or if the file cannot be written.
    """
    refuse_target(target)
    if image.mode == "RGBA" and WRITTEN[target.suffix.lower()] == "JPEG":
        raise BadInput(
            f"{target}: the photograph is transparent, and a JPEG cannot be: choose a name that ends in .png"
        )
    _save(image, target, _kept(photograph))
