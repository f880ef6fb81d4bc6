"""Colour photographs in files: read them, colour them, and write results that keep the camera's metadata."""

import itertools
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.progress import Progress
from colorlab.data.photographs import read_photograph
from colorlab.painting.network import Network
from colorlab.painting.paint import with_chroma

SOFTWARE, SIGNATURE = 0x0131, "colorlab"  # the EXIF tag of the software, and its value in our results
BATCH = 16  # photographs that go through the network together, at most
BATCH_PIXELS = 50_000_000  # a batch ends when its photographs have this many together, since all stay in memory
# These formats are kept. All others, and photographs with transparency, are written as PNG.
WRITTEN = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


def colorize_files(
    paths: list[Path], folder: Path, network: Network, saturation=None, style=None, native=False
) -> Iterator[tuple[Path, Path | BadInput]]:
    """Colour files into a folder. Yields each file with its result's path, or with a BadInput that says what is wrong.

    saturation, style, native : as of Network.chroma.

    Only a result of an earlier call is overwritten. If another file has the name, the result gets a number.
    """
    taken = set()
    with Progress(total=len(paths), unit="photo", desc="colorizing") as progress:
        for batch in _batches(paths):
            readable = [photograph for _, photograph in batch if not isinstance(photograph, BadInput)]
            chroma = iter(network.chroma(readable, saturation, style, native) if readable else [])
            for path, photograph in batch:
                if isinstance(photograph, BadInput):
                    result = photograph
                else:
                    exif = _signed_exif(photograph)
                    result = _written(with_chroma(photograph, next(chroma)), path, folder, taken, exif)
                progress.update()
                yield path, result


def _batches(paths):
    """Read the files. Yields batches for the network: lists of (file, photograph or BadInput)."""
    batch, pixels = [], 0
    for path in paths:
        try:
            photograph = read_photograph(path)
            pixels += photograph.width * photograph.height
        except BadInput as error:
            photograph = error
        batch.append((path, photograph))
        if len(batch) == BATCH or pixels >= BATCH_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def _signed_exif(photograph):
    """Return the photograph's EXIF metadata with this program as its software. Broken metadata is left out."""
    exif = Image.Exif()
    try:
        exif.update(photograph.getexif())
        exif[SOFTWARE] = SIGNATURE
        exif.tobytes()  # some programs write tags of a wrong type, which Pillow reads but cannot write
    except Exception:
        exif = Image.Exif()
        exif[SOFTWARE] = SIGNATURE
    return exif


def _is_ours(path):
    """Whether a file is a result of an earlier call. Such a file may be replaced."""
    try:
        with Image.open(path) as image:
            return image.getexif().get(SOFTWARE) == SIGNATURE
    except Exception:  # not an image that Pillow can read, so none of ours
        return False


def _written(image, path, folder, taken, exif):
    """Write a result under the name of its photograph. Returns the file, or a BadInput if it cannot be written."""
    suffix = path.suffix if path.suffix.lower() in WRITTEN and image.mode == "RGB" else ".png"
    numbers = itertools.chain([""], (f"-{n}" for n in itertools.count(2)))
    names = (folder / f"{path.stem}{number}{suffix}" for number in numbers)
    free = (name for name in names if str(name).lower() not in taken and (not name.exists() or _is_ours(name)))
    target = next(free)
    taken.add(str(target).lower())  # on some disks Photo.jpg and photo.jpg are the same file
    try:
        _save(image, target, exif)
    except BadInput as error:
        return error
    return target


def _save(image, target, exif):
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            image.info.clear()  # comments, and a colour profile that is no longer true; `exif` has what is kept
            image.save(temporary, format=WRITTEN.get(target.suffix.lower(), "PNG"), quality=95, exif=exif)
    except Exception as error:  # such as a full disk, no permission, an image too large for its format
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"{target} cannot be written ({why}): choose another folder with -o") from None


def refuse_target(target: Path) -> None:
    """Raise BadInput if the target has an unknown format, or is a file that is not an earlier result of colorlab."""
    if target.suffix.lower() not in WRITTEN:
        raise BadInput(f"{target} has no format that can be written: choose a name that ends in {', '.join(WRITTEN)}")
    if target.exists() and not _is_ours(target):
        raise BadInput(f"{target} is there already, and not a result of colorlab: choose another name with -o")


def write(image: Image.Image, photograph: Image.Image, target: Path) -> None:
    """Write an image made from a photograph, in the format of the target's name, with the photograph's metadata.

    Raises BadInput if `refuse_target` does, or if the file cannot be written.
    """
    refuse_target(target)
    _save(image, target, _signed_exif(photograph))
