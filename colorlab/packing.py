"""Packing: photographs of any origin -> one array of bytes; nothing is decoded while a network trains.

    members      what lies in a folder, a zip or a tar, read where it is: nothing is ever extracted
    _survey      which of it are photographs, and the split and scene of each
    _decode_all  their pixels, on all cores, with few of them in memory at a time
    pack         images.npy, labels.npy, colourless.npy and dataset.json: complete, or not there at all
"""

import csv
import hashlib
import io
import json
import lzma
import os
import posixpath
import re
import shutil
import stat
import tarfile
import warnings
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from colorlab import BadInput, color
from colorlab.photographs import read_photograph
from colorlab.progress import Progress

IMAGE_SIZE = 128  # pixels a side; the write-up's networks take no other
FORMAT = 1  # of dataset.json; raised when an older program could no longer read what this one writes
FILES = {"images.npy", "labels.npy", "colourless.npy", "dataset.json"}
SPLITS = ("train", "val", "test")
LABEL_FILES = ("CREDITS.csv", "val.txt", "categories.txt")
SMALLEST_SIDE = 64  # pixels; enlarging less than that twice over would teach blur
LARGEST_FILE = 2**28  # bytes; what is larger is no photograph, and would fill the memory
COLOURLESS = 2  # mean chroma, Lab units: below it a photograph has no colour to learn from
# What Python's readers raise on a damaged archive, and (RuntimeError) on one that wants a password.
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, RuntimeError)
DAMAGED += (UnicodeDecodeError, IndexError)  # names that cannot be


# ---- What lies in a folder or an archive


@dataclass(frozen=True)
class Member:
    """One file: its path inside the source, its size in bytes, and how to get its bytes."""

    path: str
    size: int
    read: Callable[[], bytes]


def members(source: Path) -> Iterator[Member]:
    """Every file of a folder, zip or tar (gz, bz2, xz), in its own order; links inside it are left out.

    A tar is a stream: `read()` a member before asking for the next. Raises BadInput if the source is missing,
    is damaged or has a member that points outside it.
    """
    if not source.exists():
        raise BadInput(f"{source}: does not exist; give a folder, a zip or a tar of photographs")
    try:
        if source.is_dir():
            yield from _folder_members(source)
        elif tarfile.is_tarfile(source):
            yield from _tar_members(source)
        elif zipfile.is_zipfile(source):
            yield from _zip_members(source)
        else:
            raise BadInput(f"{source}: neither a folder nor a zip or tar archive, or a damaged one")
    except (OSError, *DAMAGED) as error:
        raise BadInput(f"{source}: cannot be read to its end, is it complete? ({error})") from error


def _folder_members(folder):
    def refuse(error):
        raise error  # os.walk would pass over a folder it may not read, without a word

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(here, name) for name in files):
            if path.is_file():
                name = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
                yield Member(name, path.stat().st_size, path.read_bytes)


def _zip_members(source):
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            path = _checked(source, info.filename)
            if stat.S_ISLNK(info.external_attr >> 16):  # a link's target is its content
                target = archive.open(info).read(4096).decode("utf-8", "replace")
                _checked_link(source, path, posixpath.dirname(path), target)
            elif not info.is_dir():
                yield Member(path, info.file_size, lambda info=info: archive.read(info))


def _tar_members(source):
    with tarfile.open(source) as archive:
        for info in archive:
            path = _checked(source, info.name)
            if info.issym() or info.islnk():  # a hard link's target counts from the top of the archive
                _checked_link(source, path, posixpath.dirname(path) if info.issym() else "", info.linkname)
            elif info.isfile():
                yield Member(path, info.size, lambda info=info: archive.extractfile(info).read())
            archive.members = []  # tarfile would keep every header it has seen
        archive.fileobj.seek(archive.offset)  # tarfile takes a damaged header for the end; that is all zeros
        if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("the end is missing")


def _checked(source, name):
    """A member's name with forward slashes. Refuses what would leave the archive if somebody extracted it."""
    path = name.replace("\\", "/").encode("utf-8", "replace").decode()
    if re.match("/|[A-Za-z]:", path) or ".." in path.split("/"):
        raise BadInput(f"{source}: the member '{name}' leads outside the archive; wanted only names inside")
    return posixpath.normpath(path)


def _checked_link(source, path, folder, target):
    """Refuse a link that points outside. One that points inside adds nothing: its target is a member too."""
    resolved = posixpath.normpath(posixpath.join(folder, target.replace("\\", "/")))
    if re.match(r"/|[A-Za-z]:|\.\.(/|$)", resolved):
        raise BadInput(f"{source}: the member '{path}' is a link to '{target}', outside the archive")


# ---- Which of it are photographs, and the split and scene of each


@dataclass
class Photograph:
    """A file that should be a photograph. `name` is its path from the split or class folder on."""

    source: Path
    member: str
    name: str
    split: str | None = None
    scene: str | None = None


def name_of(source: Path) -> str:
    """What a data set made of this is called: the folder's name, or the archive's without .zip or .tar.gz."""
    return re.sub(r"(\.tar)?\.(zip|tar|tgz|gz|bz2|xz)$", "", Path(source).resolve().name, flags=re.IGNORECASE)


def _survey(sources, labels):
    """Photographs in the order in which they will be packed, and [[name, reason], ...] of those left out."""
    photographs, skipped, texts = [], [], {}
    for source in sources:
        paths = []
        for member in members(source):
            if posixpath.basename(member.path) in LABEL_FILES:
                texts[source, member.path] = _text(_bytes_of(member), f"{source}: {member.path}")
            elif not _is_housekeeping(member.path):
                paths.append(member.path)
        found = _placed(source, list(dict.fromkeys(paths)))
        _split_by_csv(source, found, texts, skipped)
        photographs += found
    _label_flat(photographs, sources, texts, labels)
    skipped += [[p.name, "in no class folder and in no val.txt"] for p in photographs if not p.scene]
    photographs = [p for p in photographs if p.scene]
    for photograph in photographs:
        photograph.split = photograph.split or _split_by_hash(photograph)
    return sorted(photographs, key=lambda p: (SPLITS.index(p.split), p.scene, p.name)), skipped


def _is_housekeeping(path):
    """Files that nobody takes for photographs: left out without a word."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))
    return hidden or path.lower().endswith((".csv", ".txt", ".xml", ".json", ".md", ".npy"))


def _placed(source, paths):
    """Read split and scene off the folders: [train|val|test/][a/]class[/subclass]/photograph.

    The source's own name counts as its top folder: val.zip may hold just class folders.
    """
    parts = [[name_of(source), *path.split("/")] for path in paths]
    top, splits_given = _top([folders for *folders, _ in parts])
    photographs = []
    for member, path in zip(paths, parts, strict=True):
        *folders, _ = path[top:]
        split = folders.pop(0) if splits_given and folders else None
        scene = _scene("/".join(folders))
        photographs.append(Photograph(source, member, name="/".join(path[top:]), split=split, scene=scene))
    return photographs


def _top(folders):
    """How deep the first folders that tell something lie, and whether they are splits (else classes).

    What lies above is shared by all photographs and says nothing, except its last if there is no other.
    """
    shared = os.path.commonprefix(folders)
    below = {path[len(shared)] for path in folders if len(path) > len(shared)}
    if below and below <= set(SPLITS):
        return len(shared), True
    for depth in reversed(range(len(shared))):
        if shared[depth] in SPLITS:
            return depth, True
    return len(shared) - (not below), False


def _scene(path):
    """From a/abbey to abbey: MiniPlaces sorts its classes into folders by their first letter."""
    return re.sub(r"^([A-Za-z])/(?=\1)", "", path.strip("/")) or None


def _split_by_csv(source, photographs, texts, skipped):
    """A CREDITS.csv at the top of the source, with the columns file and split, decides the splits."""
    for (origin, path), text in texts.items():
        top = path.removesuffix("CREDITS.csv")
        if origin != source or top == path:
            continue
        splits = {row.get("file"): row.get("split") for row in csv.DictReader(io.StringIO(text))}
        if not any(splits.values()) or not all(p.member.startswith(top) for p in photographs):
            continue
        for photograph in photographs:
            split = photograph.split = splits.get(photograph.member.removeprefix(top))
            if split and split not in SPLITS:
                raise BadInput(f"{source}: {path} has a split '{split}'; wanted {', '.join(SPLITS)}")
        skipped += [[p.name, "not in CREDITS.csv"] for p in photographs if not p.split]
        photographs[:] = [p for p in photographs if p.split]


def _split_by_hash(photograph):
    """A tenth goes to val. Only its own name decides, so that adding photographs moves none of the others."""
    name = f"{photograph.scene}/{posixpath.basename(photograph.name)}"
    return "val" if int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 0 else "train"


def _label_flat(photographs, sources, texts, labels):
    """Photographs in no class folder have their scene from val.txt and categories.txt, as in MiniPlaces."""
    flat = [p for p in photographs if not p.scene]
    if not flat and not labels:
        return
    classes = sorted({p.scene for p in photographs if p.scene})
    numbers, where = _numbered("val.txt", sources, texts, labels)
    categories, _ = _numbered("categories.txt", sources, texts, labels)
    scenes = {number: _scene(path) for path, number in categories.items()} or dict(enumerate(classes))
    for photograph in flat:
        number = numbers.get(photograph.name)
        if number is not None and number not in scenes:
            known = f"categories.txt or the class folders name {len(scenes)} classes"
            raise BadInput(f"{where}: {photograph.name} is of class {number}, but {known}")
        photograph.scene = scenes.get(number)
    if labels and not any(p.scene for p in flat):
        raise BadInput(f"{labels}: labels none of the photographs; wanted lines such as val/00000001.jpg 71")
    if not numbers and not classes:  # train/1.jpg, val/2.jpg: there are no scenes, so all are of one
        for photograph in flat:
            photograph.scene = name_of(photograph.source)


def _numbered(name, sources, texts, labels):
    """({path: number}, where it is): val.txt or categories.txt as given, in a source or beside one."""
    if labels:
        files = [labels if name == "val.txt" else labels.with_name(name)]
    else:
        files = [source.parent / name for source in sources]
        for (source, path), text in texts.items():
            if posixpath.basename(path) == name:
                return _numbers(text, f"{source}: {path}"), f"{source}: {path}"
    for file in files:
        if file.is_file():
            return _numbers(_text(file.read_bytes(), file), file), file
    return {}, None


def _numbers(text, where):
    """Lines of a path, a space and a number -> {path: number}."""
    numbers = {}
    for row, line in enumerate(text.splitlines(), 1):
        path, _, number = line.strip().rpartition(" ")
        if path and number.isdecimal():
            numbers[path.strip()] = int(number)
        elif line.strip():
            raise BadInput(f"{where}: line {row} is '{line.strip()[:60]}', wanted a path and a number")
    return numbers


def _text(data, where):
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{where}: not a text file in UTF-8") from None


# ---- Their pixels


def decode(data: bytes, size: int) -> np.ndarray:
    """The bytes of an image file -> its central square, (size, size, 3) uint8 RGB; transparency on white.

    Raises BadInput with the reason why this photograph cannot be used.
    """
    try:
        image = read_photograph("it", io.BytesIO(data))
    except BadInput:
        raise
    except Exception as error:  # decoders meet strangers' bytes and may raise anything; the others go on
        raise BadInput(f"it is damaged ({error})") from None
    if min(image.size) < SMALLEST_SIDE:
        raise BadInput(f"it is too small ({image.width}x{image.height} pixels, wanted {SMALLEST_SIDE})")
    if image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        image = paper
    return np.asarray(ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.LANCZOS))


def _decode_all(photographs, size, store, quiet=False):
    """Decode on all cores; call store(slot, rgb) for each that can be used, slot being its place in the list.

    Returns colourless (N,) bool and {slot: reason} of those that cannot be used.
    """
    colourless = np.zeros(len(photographs), dtype=bool)
    reasons, waiting = {}, deque()

    def work(data):
        rgb = decode(data, size)
        return rgb, color.mean_chroma(color.rgb_to_lab(rgb)) < COLOURLESS

    def finish(slot, future):
        try:
            rgb, colourless[slot] = future.result()
            store(slot, rgb)
        except BadInput as why:
            reasons[slot] = str(why)
        progress.update()

    threads = os.cpu_count() or 1  # not processes: Pillow and NumPy let go of Python's lock while they work
    progress = Progress(total=len(photographs), desc="packing", unit=" photographs", disable=quiet)
    with warnings.catch_warnings(), progress, ThreadPoolExecutor(threads) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # odd metadata, large but bearable: nothing to act on
        for slot, member in _found_again(photographs):
            try:
                waiting.append((slot, pool.submit(work, _bytes_of(member))))
            except BadInput as why:
                reasons[slot] = str(why)
                progress.update()
            if len(waiting) > 8 * threads:  # look ahead so far and no further: the memory stays flat
                finish(*waiting.popleft())
        while waiting:
            finish(*waiting.popleft())
    return colourless, reasons


def _found_again(photographs):
    """(slot, member) of every photograph, in the order of the archives: a tar cannot be read in any other."""
    slots = {(p.source, p.member): slot for slot, p in enumerate(photographs)}
    for source in dict.fromkeys(p.source for p in photographs):
        for member in members(source):
            slot = slots.pop((source, member.path), None)
            if slot is not None:
                yield slot, member
    for source, path in slots:
        raise BadInput(f"{source}: {path} has gone; a source must stay as it is while it is packed")


def _bytes_of(member):
    if member.size > LARGEST_FILE:
        raise BadInput(f"it is too large (a file of {member.size / 1e6:.0f} MB)")
    try:
        return member.read()
    except (OSError, *DAMAGED) as error:
        raise BadInput(f"it is unreadable ({error})") from None


# ---- The data set


def pack(sources: list[Path], output: Path, size: int = IMAGE_SIZE, labels: Path | None = None) -> dict:
    """Pack photographs into the folder `output`; returns the header, which is also its dataset.json.

    sources : folders, zips or tars (.gz, .bz2, .xz), together one data set. Each has the photographs of a
        class in a folder, these maybe in folders train, val and test; or all in one; or is the official
        MiniPlaces. A CREDITS.csv with columns file and split comes first; without a split, a tenth is val.
    labels : the val.txt of MiniPlaces, with categories.txt beside it, if neither is in or beside a source.

    images.npy is (N, size, size, 3) uint8 RGB, labels.npy (N,) int32, colourless.npy (N,) bool; sorted by
    split, class and name. The folder appears when all is written, or not at all. Raises BadInput.
    """
    labels = Path(labels) if labels else None
    if labels and not labels.is_file():
        raise BadInput(f"{labels}: there is no such file; wanted the val.txt of MiniPlaces")
    sources, output = [Path(source).resolve() for source in sources], Path(output).resolve()
    refuse_to_overwrite(output)
    photographs, skipped = _survey(sources, labels)
    row = size * size * 3
    with _built_beside(output) as folder, open(folder / "images.npy", "w+b") as file:
        start = _write_npy_header(file, len(photographs), size)

        def store(slot, rgb):  # not through a memory map: on a full disk that kills the process
            file.seek(start + slot * row)
            file.write(rgb)

        colourless, reasons = _decode_all(photographs, size, store)
        kept, header, scenes, digest = _summary(output.name, size, sources, photographs, skipped, colourless, reasons)
        for slot, old in enumerate(kept):  # close the gaps that unusable photographs have left
            file.seek(start + old * row)
            rgb = file.read(row)
            digest.update(rgb)
            if slot != old:
                store(slot, rgb)
        file.truncate(start + len(kept) * row)
        file.seek(0)
        _write_npy_header(file, len(kept), size)
        np.save(folder / "labels.npy", scenes)
        np.save(folder / "colourless.npy", colourless[kept])
        header["digest"] = digest.hexdigest()
        (folder / "dataset.json").write_text(json.dumps(header, indent=1))
    return header


def pack_in_memory(folder: Path, name: str, size: int) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray]:
    """The same without a disk, for the few photographs that ship: header, images, labels, colourless."""
    sources = [Path(folder).resolve()]
    photographs, skipped = _survey(sources, labels=None)
    images = np.empty((len(photographs), size, size, 3), dtype=np.uint8)
    colourless, reasons = _decode_all(photographs, size, images.__setitem__, quiet=True)
    kept, header, scenes, digest = _summary(name, size, sources, photographs, skipped, colourless, reasons)
    images = images[kept]
    digest.update(images)
    header["digest"] = digest.hexdigest()
    return header, images, scenes, colourless[kept]


def _summary(name, size, sources, photographs, skipped, colourless, reasons):
    """What is known once all is decoded: slots that are kept, header, labels, digest before the pixels."""
    kept = [slot for slot in range(len(photographs)) if slot not in reasons]
    skipped = skipped + [[photographs[slot].name, reason] for slot, reason in sorted(reasons.items())]
    photographs = [photographs[slot] for slot in kept]
    if not kept:
        why = f"{len(skipped)} files skipped; {skipped[0][0]}: {skipped[0][1]}" if skipped else "no files"
        raise BadInput(f"{', '.join(map(str, sources))}: no photographs to pack ({why})")
    classes = sorted({p.scene for p in photographs})
    scenes = np.array([classes.index(p.scene) for p in photographs], dtype=np.int32)
    splits, counts = {}, {}
    for slot, photograph in enumerate(photographs):
        splits.setdefault(photograph.split, [slot, slot])[1] = slot + 1
        of_split = counts.setdefault(photograph.split, dict.fromkeys(classes, 0))
        of_split[photograph.scene] += 1
    digest = hashlib.sha256(json.dumps([FORMAT, size, classes, splits]).encode())
    digest.update(scenes.astype("<i4").tobytes())
    header = {
        "format": FORMAT,
        "name": name,
        "size": size,
        "classes": classes,
        "splits": splits,
        "counts": counts,
        "colourless": int(colourless[kept].sum()),
        "sources": [source.name for source in sources],
        "photographs": [p.name for p in photographs],
        "skipped": skipped,
    }
    return kept, header, scenes, digest


def describe(header: dict) -> str:
    """A few lines about a data set: how much there is of what, and what was skipped and why."""
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
    """How many photographs of each class each split holds."""
    counts, width = header["counts"], max(map(len, header["classes"]))
    lines = [" " * width + "".join(f"{split:>8}" for split in counts)]
    for scene in header["classes"]:
        lines.append(f"{scene:{width}}" + "".join(f"{count[scene]:8}" for count in counts.values()))
    return "\n".join(lines)


def _write_npy_header(file, number, size):
    """Returns where the pixels start, whatever their number: NumPy leaves room to write the header again."""
    shape = {"descr": "|u1", "fortran_order": False, "shape": (number, size, size, 3)}
    np.lib.format.write_array_header_1_0(file, shape)
    return file.tell()


def refuse_to_overwrite(output: Path):
    """Raises BadInput if `output` exists and is anything but a packed data set, which may be replaced."""
    if output.exists() and not (output.is_dir() and {path.name for path in output.iterdir()} == FILES):
        raise BadInput(f"{output}: exists and is not a packed data set; name a folder that is not there yet")


@contextmanager
def _built_beside(output):
    """A hidden folder beside `output`: takes its place when the block ends well, is removed when it fails."""
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
            _flush_to_disk(path)
        if output.exists():
            os.rename(output, previous)
        os.rename(building, output)
        shutil.rmtree(previous, ignore_errors=True)
    except OSError as error:
        raise BadInput(f"{output} cannot be written ({error.strerror or error}): nothing was kept") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _flush_to_disk(path):
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
