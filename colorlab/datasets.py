"""Data sets: photographs decoded once, as bytes, and the batches a training run draws from them.

A data set is square uint8 RGB photographs in one array, memory-mapped when it lies on disk (packing.py puts it
there), sorted by split, so that "train" and "val" are slices and nothing is ever copied. A batch is a pure function
of (data set, seed, step): a run that is interrupted at step 700 draws at step 700, when it goes on, just what it
would have drawn.
"""

import itertools
import json
import math
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from colorlab import ROOT, BadInput, color, integrity
from colorlab.packing import FORMAT, IMAGE_SIZE, pack_in_memory

DATA = ROOT / "data"  # what ships with the project
# Where `colorlab data pack` and `colorlab data fetch` put what they make.
PACKED = Path(os.environ.get("COLORLAB_PACKED", DATA / "packed")).resolve()
MEAN_OF = 10_000  # photographs whose mean colour is taken, at most: seconds instead of minutes, to 0.1 Lab units
THREADS = min(os.cpu_count() or 2, 8)  # that make batches, at most
POCKET_SIZE = 144  # the shipped photographs keep a margin of 8 pixels on each side for random crops


@dataclass(frozen=True)
class Dataset:
    """Photographs with their scenes.

    images : (N, S, S, 3) uint8, RGB. S is at least 128; what is beyond is room for random crops.
    labels : (N,) integer, the scene, an index into `classes`.
    colourless : (N,) bool, photographs without colour (mean chroma under 2 Lab units): there is nothing to learn
        from them, and averages leave them out.
    classes : names of the scenes.
    splits : name -> (start, stop) into the arrays.
    digest : SHA-256 of images, labels, classes and splits, so that a result can say what it was computed on.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    colourless: np.ndarray
    classes: tuple[str, ...]
    splits: dict[str, tuple[int, int]]
    digest: str

    def __len__(self) -> int:
        return len(self.images)

    def split(self, name: str) -> "Dataset":
        """The photographs of one split ("train", "val", "test"): a view, nothing is copied."""
        if name not in self.splits:
            raise BadInput(f"data set {self.name} has no split '{name}', only: {', '.join(self.splits)}")
        start, stop = self.splits[name]
        return replace(
            self,
            name=f"{self.name}/{name}",
            images=self.images[start:stop],
            labels=self.labels[start:stop],
            colourless=self.colourless[start:stop],
            splits={name: (0, stop - start)},
        )


def load(name: str | Path, verify: bool = False) -> Dataset:
    """Open a data set: a packed folder, the name of one in data/packed, or "pocket", which ships with the project.

    verify : read all photographs and compare their SHA-256; without, only if the files seem to have changed
        (integrity.py).

    Raises BadInput if there is no such data set, or if it is not what was packed.
    """
    if str(name) == "pocket":
        if not (DATA / "pocket").is_dir():
            raise BadInput(f"there is no {DATA / 'pocket'}: the pocket photographs come with a checkout of colorlab")
        return _from_header(*pack_in_memory(DATA / "pocket", name="pocket", size=POCKET_SIZE))
    for folder in (Path(name), PACKED / name):
        if (folder / "dataset.json").is_file():
            return _load_packed(folder, verify)
    raise BadInput(f"no data set '{name}': use pocket, or make one with `colorlab data pack` or `colorlab data fetch`")


def _load_packed(folder: Path, verify: bool) -> Dataset:
    try:
        header = json.loads((folder / "dataset.json").read_text())
        if header["format"] != FORMAT:
            raise ValueError(f"it has format {header['format']}, this program reads format {FORMAT}")
        images, labels, colourless = (
            np.load(folder / f"{part}.npy", mmap_mode="r", allow_pickle=False)
            for part in ("images", "labels", "colourless")
        )
        count = max(stop for _, stop in header["splits"].values())
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (header["size"], header["size"], 3):
            raise ValueError(f"its images are {images.dtype} {images.shape}")
        if not len(images) == len(labels) == len(colourless) == count:
            raise ValueError(f"it should hold {count} photographs and holds {len(images)}")
        integrity.verify(folder, header, images, labels, colourless, verify)
        return _from_header(header, images, labels, colourless)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        why = str(error) if isinstance(error, ValueError) else repr(error)
        raise BadInput(f"{folder} is not a usable packed data set ({why}): pack it again") from error


def _from_header(header, images, labels, colourless) -> Dataset:
    return Dataset(
        name=header["name"],
        images=images,
        labels=labels,
        colourless=colourless,
        classes=tuple(header["classes"]),
        splits={name: tuple(span) for name, span in header["splits"].items()},
        digest=header["digest"],
    )


def crop(image: np.ndarray, down: int = 0, right: int = 0) -> np.ndarray:
    """The middle 128x128 of a photograph (S, S, 3), moved; where it leaves the photograph, the edge is mirrored."""

    def window(moved, side):
        places = np.arange(IMAGE_SIZE) + (side - IMAGE_SIZE) // 2 + moved
        return side - 1 - np.abs(side - 1 - np.abs(places))  # 0 1 2 … side-1 … 2 1 0

    return image.take(window(down, image.shape[0]), axis=0).take(window(right, image.shape[1]), axis=1)


def centre(dataset: Dataset) -> np.ndarray:
    """The middle 128x128 of every photograph: (N, 128, 128, 3) uint8. What is validated and shown."""
    margin = (dataset.images.shape[1] - IMAGE_SIZE) // 2
    inside = slice(margin, margin + IMAGE_SIZE)
    return dataset.images[:, inside, inside]


def mean_colour(dataset: Dataset) -> np.ndarray:
    """The mean scaled chroma (2,) of the photographs that have colour, or of MEAN_OF of them, evenly spread."""
    coloured = coloured_of(dataset)
    coloured = coloured[spread(len(coloured), MEAN_OF)]
    images = centre(dataset)
    total = np.zeros(2)
    for some in np.array_split(coloured, math.ceil(len(coloured) / 32)):  # few at a time: they become floats
        total += color.encode(np.asarray(images[some]))[1].mean(axis=(1, 2), dtype="float64").sum(axis=0)
    return (total / len(coloured)).astype("float32")


def coloured_of(dataset: Dataset) -> np.ndarray:
    """Indices of the photographs with colour; BadInput if there is none."""
    coloured = np.flatnonzero(~dataset.colourless)
    if not len(coloured):
        raise BadInput(f"data set {dataset.name} has no photograph with colour")
    return coloured


def spread(count: int, most: int) -> np.ndarray:
    """At most so many indices, evenly spread, so that every scene has its share (photographs are sorted by scene)."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def encoded(rgb: np.ndarray, labels: np.ndarray, encode=color.encode):
    """Photographs as the network takes them: (lightness, {"chroma": …, "scene": …}).

    rgb (N, 128, 128, 3) uint8 -> lightness (N, 128, 128, 1) in [-1, 1]; chroma (N, 64, 64, 2) in [0, 1];
    scene (N,) int32. `encode` is color.encode, or the same compiled for where the network is.
    """
    lightness, chroma = encode(rgb)
    return lightness, {"chroma": chroma, "scene": np.asarray(labels, dtype="int32")}


@lru_cache(maxsize=4)
def _order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which one pass visits the photographs."""
    return np.random.default_rng((seed, epoch)).permutation(count)


def batch(
    dataset: Dataset,
    step: int,
    size: int,
    seed: int,
    shift: int = 0,
    mirror: bool = False,
    part: slice = slice(None),
    encode=color.encode,
):
    """The batch of one training step: (lightness, {"chroma": …, "scene": …}), see `encoded`.

    Every photograph with colour is visited once before any is visited again. Each is moved by up to `shift` pixels
    each way and, with `mirror`, flipped left to right half of the time. Order and augmentation depend on nothing
    but (seed, step). `part` is what to make of it, where several processes share a batch; `encode`: see `encoded`.
    """
    coloured = coloured_of(dataset)
    epochs, places = np.divmod(np.arange(step * size, (step + 1) * size), len(coloured))
    indices = [coloured[_order(len(coloured), seed, epoch)[place]] for epoch, place in zip(epochs, places, strict=True)]

    random = np.random.default_rng((seed, 1, step))
    moves = random.integers(-shift, shift + 1, (size, 2))
    flips = random.random(size) < 0.5
    indices, moves, flips = indices[part], moves[part], flips[part]
    rgb = np.stack([crop(dataset.images[i], *move) for i, move in zip(indices, moves, strict=True)])
    if mirror:
        rgb[flips] = rgb[flips, :, ::-1]
    return encoded(rgb, dataset.labels[indices], encode)


def batches(dataset: Dataset, size: int, seed: int, start: int = 0, **options) -> Iterator:
    """Batches without end, from step `start` on, made ahead of their use in threads (NumPy lets several run)."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = deque()
        try:
            for step in itertools.count(start):
                waiting.append(pool.submit(batch, dataset, step, size, seed, **options))
                if len(waiting) > 2 * THREADS:
                    yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)  # who stops need not wait for batches that nobody wants
