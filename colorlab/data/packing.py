"""Pack photographs of any kind into one array of bytes, so that nothing is decoded while a network trains.

archives.py reads the files of a folder, a zip or a tar, and splits.py finds out what they are. Here the photographs
are decoded, on all cores and with few of them in memory at a time. A data set is written completely or not at all.
"""

import io
import json
import os
import shutil
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.files import flush
from colorlab.base.progress import Progress
from colorlab.color import IMAGE_SIZE
from colorlab.data import integrity
from colorlab.data.archives import bytes_of, members
from colorlab.data.photographs import on_white, read_photograph
from colorlab.data.splits import survey

FORMAT = 1  # of dataset.json; to be raised when older programs can no longer read it
FILES = {"images.npy", "labels.npy", "colourless.npy", "dataset.json"}
SMALLEST_SIDE = 64  # pixels; a smaller photograph, enlarged more than twofold, would teach blur
COLORLESS = 2  # mean chroma, Lab units; a photograph below it has no colour to learn from


def pack(sources: list[Path], output: Path, size: int = IMAGE_SIZE, labels: Path | None = None) -> dict:
    """Pack photographs into the folder `output`. Returns the header, which is also its dataset.json.

    sources : folders, zips or tars (.gz, .bz2, .xz) that together make one data set. Each holds a folder for every
        class, perhaps within folders train, val and test; or all photographs in one folder; or the official
        MiniPlaces. A CREDITS.csv with columns file and split decides the splits. Without splits, a tenth is val.
    labels : the val.txt of MiniPlaces, with categories.txt beside it, if neither is in or beside a source.

    images.npy is (N, size, size, 3) uint8 RGB, labels.npy (N,) int32, colourless.npy (N,) bool; sorted by
    split, class and name. The folder appears when all is written, or not at all. Raises BadInput.
    """
    labels = Path(labels) if labels else None
    if labels and not labels.is_file():
        raise BadInput(f"{labels}: there is no such file; wanted the val.txt of MiniPlaces")
    sources, output = [Path(source).resolve() for source in sources], Path(output).resolve()
    refuse_to_overwrite(output)
    found = survey(sources, labels)
    row = size * size * 3
    with _built_beside(output) as folder, open(folder / "images.npy", "w+b") as file:
        start = _write_npy_header(file, len(found.photographs), size)

        def store(slot, rgb):  # not through a memory map, which kills the process on a full disk
            file.seek(start + slot * row)
            file.write(rgb)

        colorless, reasons = _decode_all(found.photographs, size, store)
        kept, header, scenes, digest = _summary(output.name, size, found, colorless, reasons)
        for slot, old in enumerate(kept):  # close the gaps that unusable photographs left
            file.seek(start + old * row)
            rgb = file.read(row)
            digest.update(rgb)
            if slot != old:
                store(slot, rgb)
        file.truncate(start + len(kept) * row)
        file.seek(0)
        _write_npy_header(file, len(kept), size)
        np.save(folder / "labels.npy", scenes)
        np.save(folder / "colourless.npy", colorless[kept])
        header["digest"] = digest.hexdigest()
        (folder / "dataset.json").write_text(json.dumps(header, indent=1))
        file.flush()  # or a later write would change the time that is noted
        integrity.note(folder)
    return header


def pack_in_memory(folder: Path, name: str, size: int) -> tuple[dict, integrity.Arrays]:
    """Pack a folder into memory and not onto a disk, as for the few photographs that ship: (header, arrays)."""
    found = survey([Path(folder).resolve()], labels=None)
    images = np.empty((len(found.photographs), size, size, 3), dtype=np.uint8)
    colorless, reasons = _decode_all(found.photographs, size, images.__setitem__, quiet=True)
    kept, header, scenes, digest = _summary(name, size, found, colorless, reasons)
    images = images[kept]
    digest.update(images)
    header["digest"] = digest.hexdigest()
    return header, integrity.Arrays(images, scenes, colorless[kept])


def _summary(name, size, found, colorless, reasons):
    """Sum up what was decoded: (slots that are kept, header, labels, digest before the pixels)."""
    kept = [slot for slot in range(len(found.photographs)) if slot not in reasons]
    unusable = [[found.photographs[slot].name, reason] for slot, reason in sorted(reasons.items())]
    skipped = found.skipped + unusable
    photographs = [found.photographs[slot] for slot in kept]
    if not kept:
        why = f"{len(skipped)} files skipped; {skipped[0][0]}: {skipped[0][1]}" if skipped else "no files"
        raise BadInput(f"{', '.join(map(str, found.sources))}: no photographs to pack ({why})")
    classes = sorted({p.scene for p in photographs})
    scenes = np.array([classes.index(p.scene) for p in photographs], dtype=np.int32)
    splits, counts = {}, {}
    for slot, photograph in enumerate(photographs):
        splits.setdefault(photograph.split, [slot, slot])[1] = slot + 1
        of_split = counts.setdefault(photograph.split, dict.fromkeys(classes, 0))
        of_split[photograph.scene] += 1
    header = {
        "format": FORMAT,
        "name": name,
        "size": size,
        "classes": classes,
        "splits": splits,
        "counts": counts,
        "colourless": int(colorless[kept].sum()),
        "colourless_sha256": integrity.digest_of(colorless[kept]),
        "sources": [source.name for source in found.sources],
        "photographs": [p.name for p in photographs],
        "skipped": skipped,
    }
    return kept, header, scenes, integrity.digest_before_pixels(header, scenes)


def describe(header: dict) -> str:
    """Describe a data set in a few lines: how much it holds, and what was skipped and why."""
    size, digest = header["size"], header["digest"]
    splits = ", ".join(f"{stop - start} {split}" for split, (start, stop) in header["splits"].items())
    lines = [
        f"{header['name']}: {len(header['photographs'])} photographs of {size}x{size} pixels ({splits}), "
        f"{len(header['classes'])} classes, {header['colourless']} photographs without colour",
        f"SHA-256 {digest}",
    ]
    names = {}
    for name, reason in header["skipped"]:
        names.setdefault(reason.split(" (")[0], []).append(name)
    for reason, skipped in names.items():
        some = ", ".join(skipped[:3]) + (", ..." if len(skipped) > 3 else "")
        lines.append(f"skipped {len(skipped)}: {reason} ({some})")
    return "\n".join(lines)


def class_table(header: dict) -> str:
    """A table of how many photographs of each class each split holds."""
    counts, width = header["counts"], max(map(len, header["classes"]))
    lines = [" " * width + "".join(f"{split:>8}" for split in counts)]
    for scene in header["classes"]:
        lines.append(f"{scene:{width}}" + "".join(f"{count[scene]:8}" for count in counts.values()))
    return "\n".join(lines)


def _write_npy_header(file, number, size):
    """Return where the pixels start. NumPy leaves room, so a header with another `number` ends there too."""
    shape = {"descr": "|u1", "fortran_order": False, "shape": (number, size, size, 3)}
    np.lib.format.write_array_header_1_0(file, shape)
    return file.tell()


def refuse_to_overwrite(output: Path):
    """Raise BadInput if `output` exists and is not a packed data set. (Only that may be replaced.)"""
    if output.exists() and not (output.is_dir() and set(os.listdir(output)) - integrity.NOTES == FILES):
        raise BadInput(f"{output}: exists and is not a packed data set; name a folder that is not there yet")


@contextmanager
def _built_beside(output):
    """Give a hidden folder beside `output`. It replaces `output` when the block ends well, or else is removed."""
    building, previous = (output.with_name(f".{output.name}.{word}") for word in ("building", "previous"))
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if previous.exists() and not output.exists():  # a run was killed between the two renames below
            os.rename(previous, output)
        for leftover in (building, previous):
            shutil.rmtree(leftover, ignore_errors=True)
        building.mkdir()
        yield building
        for path in building.iterdir():
            flush(path)
        if output.exists():
            os.rename(output, previous)
        os.rename(building, output)
        shutil.rmtree(previous, ignore_errors=True)
    except OSError as error:
        raise BadInput(f"{output} cannot be written ({error.strerror or error}): nothing was kept") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def decode(data: bytes, size: int, name: str = "it") -> np.ndarray:
    """Decode the bytes of an image file: its central square, (size, size, 3) uint8 RGB, on white if transparent.

    name : of the file, for warnings. Raises BadInput with the reason why this photograph cannot be used.
    """
    try:
        image = read_photograph(name, io.BytesIO(data))
    except BadInput as error:
        raise BadInput(str(error).replace(name, "it", 1)) from None
    if min(image.size) < SMALLEST_SIDE:
        raise BadInput(f"it is too small ({image.width}x{image.height} pixels, wanted {SMALLEST_SIDE})")
    return np.asarray(ImageOps.fit(on_white(image), (size, size), Image.Resampling.LANCZOS))


def _decode_all(photographs, size, store, quiet=False):
    """Decode on all cores, and call store(slot, rgb) for each usable photograph. Its slot is its place in the list.

    Returns colorless (N,) bool and {slot: reason} of those that cannot be used.
    """
    colorless = np.zeros(len(photographs), dtype=bool)
    reasons, waiting = {}, deque()

    def work(slot, data):
        rgb = decode(data, size, photographs[slot].name)
        return rgb, color.mean_chroma(color.rgb_to_lab(rgb)) < COLORLESS

    def finish(slot, future):
        try:
            rgb, colorless[slot] = future.result()
            store(slot, rgb)
        except BadInput as why:
            reasons[slot] = str(why)
        progress.update()

    threads = os.cpu_count() or 1  # not processes: Pillow and NumPy release Python's lock while they work
    progress = Progress(total=len(photographs), desc="packing", unit=" photographs", disable=quiet)
    with warnings.catch_warnings(), progress, ThreadPoolExecutor(threads) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # about odd metadata or a large size: nothing to act on
        for slot, member in _found_again(photographs):
            try:
                waiting.append((slot, pool.submit(work, slot, bytes_of(member))))
            except BadInput as why:
                reasons[slot] = str(why)
                progress.update()
            if len(waiting) > 8 * threads:  # do not run further ahead, so that memory use stays low
                finish(*waiting.popleft())
        while waiting:
            finish(*waiting.popleft())
    return colorless, reasons


def _found_again(photographs):
    """Yield (slot, member) of every photograph in the order of the archives: a tar can be read in no other."""
    slots = {(p.source, p.member): slot for slot, p in enumerate(photographs)}
    for source in dict.fromkeys(p.source for p in photographs):
        for member in members(source):
            slot = slots.pop((source, member.path), None)
            if slot is not None:
                yield slot, member
    for source, path in slots:
        raise BadInput(f"{source}: {path} has gone; a source must stay as it is while it is packed")
