"""Data sets: photographs with their scenes, decoded once and kept as bytes.

A data set is one array of square uint8 RGB photographs. It is memory-mapped if it lies on disk, where packing.py
puts it. The photographs are sorted by split, so "train" and "val" are slices and nothing is copied.
"""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA, PACKED
from colorlab.base.reading import reading
from colorlab.color import IMAGE_SIZE
from colorlab.data import integrity
from colorlab.data.integrity import Arrays
from colorlab.data.packing import FORMAT, pack_in_memory
from colorlab.data.splits import NOT_LISTED

MEAN_OF = 10_000  # photographs for the mean colour, at most: exact to 0.1 Lab units, in seconds and not minutes
HALVES = ("choose", "report")  # the remainder of a photograph's number in its scene, divided by 2
POCKET_SIZE = 144  # pixels a side of the shipped photographs: 8 more at each edge, for random crops


@dataclass(frozen=True)
class Dataset:
    """Photographs with their scenes.

    images : (N, S, S, 3) uint8, RGB. S is at least 128; what is beyond that is room for random crops.
    labels : (N,) integer, the scene of each photograph as an index into `classes`.
    colorless : (N,) bool, whether a photograph has no colour (mean chroma below 2 Lab units). Nothing can be learned
        from such photographs: training and the mean colour leave them out.
    classes : names of the scenes.
    splits : name -> (start, stop) in the arrays.
    digest : SHA-256 of images, labels, classes and splits. It says what a result was computed on.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    colorless: np.ndarray
    classes: tuple[str, ...]
    splits: dict[str, tuple[int, int]]
    digest: str

    def __len__(self) -> int:
        return len(self.images)

    def split(self, name: str) -> "Dataset":
        """Return the photographs of one split ("train", "val", "test") as a view. Raises BadInput for another name."""
        if name not in self.splits:
            raise BadInput(f"data set {self.name} has no split '{name}', only: {', '.join(self.splits)}")
        start, stop = self.splits[name]
        return replace(
            self,
            name=f"{self.name}/{name}",
            images=self.images[start:stop],
            labels=self.labels[start:stop],
            colorless=self.colorless[start:stop],
            splits={name: (0, stop - start)},
        )

    @property
    def numbers(self) -> np.ndarray:
        """The number of each photograph in its scene, from 0: (N,)."""
        order, counts = np.argsort(self.labels, kind="stable"), np.bincount(self.labels)
        numbers = np.empty(len(self), dtype=int)
        numbers[order] = np.arange(len(self)) - np.repeat(np.cumsum(counts) - counts, counts)
        return numbers

    def half(self, name: str) -> "Dataset":
        """Return every second photograph of each scene: "choose" is those with even numbers, "report" those with odd.

        A factor, a look or a temperature is chosen on the first half. What is published is measured on the second.
        Raises BadInput for another name.
        """
        if name not in HALVES:
            raise BadInput(f"there is no half '{name}', only: {', '.join(HALVES)}")
        chosen = np.flatnonzero(self.numbers % 2 == HALVES.index(name))
        return replace(
            self,
            name=f"{self.name}/{name}",
            images=self.images[chosen],
            labels=self.labels[chosen],
            colorless=self.colorless[chosen],
            splits={name: (0, len(chosen))},
        )


def load(name: str | Path, verify: bool = False) -> Dataset:
    """Open a data set: a packed folder, the name of one in data/packed, or "pocket", which ships with the project.

    verify : read all photographs and compare their SHA-256. Without it, this is done only if the files seem to have
        changed (integrity.py).

    Raises BadInput if there is no such data set, or if it is not what was packed.
    """
    return _from_header(*_opened(name, verify)[:2])


def header_of(name: str | Path, verify: bool = False) -> tuple[dict, Path]:
    """Return the header of a data set (packing.py) and the folder that it lies in. Raises BadInput as `load` does."""
    header, _, folder = _opened(name, verify)
    return header, folder


def _opened(name, verify):
    """Return header, arrays and folder of a data set."""
    folder = DATA / "pocket" if str(name) == "pocket" else _folder_of(name)
    return *(_pocket(folder) if str(name) == "pocket" else _load_packed(folder, verify)), folder


def _folder_of(name):
    for folder in (Path(name), PACKED / name):
        if os.path.isfile(folder / "dataset.json"):  # false for a name that no file can have; Path.is_file raises
            return folder
    raise BadInput(f"no data set '{name}': use pocket, or make one with `colorlab data pack` or `colorlab data fetch`")


def _pocket(folder):
    if not folder.is_dir():
        raise BadInput(f"there is no {folder}: the pocket photographs come with a checkout of colorlab")
    header, arrays = pack_in_memory(folder, name="pocket", size=POCKET_SIZE)
    for name, why in header["skipped"]:
        if why != NOT_LISTED:  # a photograph of one's own is left out; one that ships must be whole
            raise BadInput(f"{folder / name} cannot be used ({why}): get it from the project again")
    return header, arrays


def _load_packed(folder: Path, verify: bool) -> tuple[dict, Arrays]:
    with reading(folder, "pack it again", fault="not a usable packed data set"):
        header = json.loads((folder / "dataset.json").read_text("utf-8"))
        if header["format"] != FORMAT:
            raise ValueError(f"it has format {header['format']}, this program reads format {FORMAT}")
        integrity.check_header(header)
        files = (folder / f"{part}.npy" for part in ("images", "labels", "colourless"))
        arrays = Arrays(*(np.load(file, mmap_mode="r", allow_pickle=False) for file in files))
        integrity.check_arrays(header, arrays)
        integrity.verify(folder, header, arrays, verify)
        return header, arrays


def _from_header(header, arrays: Arrays) -> Dataset:
    return Dataset(
        name=header["name"],
        **arrays._asdict(),
        classes=tuple(header["classes"]),
        splits={name: tuple(span) for name, span in header["splits"].items()},
        digest=header["digest"],
    )


def centre(dataset: Dataset) -> np.ndarray:
    """Return the middle 128x128 of every photograph, (N, 128, 128, 3) uint8. It is what is validated on and shown."""
    margin = (dataset.images.shape[1] - IMAGE_SIZE) // 2
    inside = slice(margin, margin + IMAGE_SIZE)
    return dataset.images[:, inside, inside]


def mean_color(dataset: Dataset) -> np.ndarray:
    """Return the mean chroma (2,) of the photographs with colour, or of MEAN_OF of them, evenly spaced."""
    sums, count = np.zeros(2), 0
    for chroma in chroma_of(dataset, MEAN_OF):
        sums += chroma.mean(axis=(1, 2), dtype="float64").sum(axis=0)
        count += len(chroma)
    return (sums / count).astype("float32")


def chroma_of(dataset: Dataset, most: int) -> Iterator[np.ndarray]:
    """Yield the chroma of at most `most` photographs with colour, evenly spaced: batches (N, 64, 64, 2) in [0, 1].

    N is at most 32, because bytes become floating point here. Raises BadInput if no photograph has colour.
    """
    colored = colored_of(dataset)
    colored = colored[evenly_spaced(len(colored), most)]
    images = centre(dataset)
    for some in np.array_split(colored, math.ceil(len(colored) / 32)):
        yield color.encode(np.asarray(images[some]))[1]


def colored_of(dataset: Dataset) -> np.ndarray:
    """Return the indices of the photographs with colour. Raises BadInput if there is none."""
    colored = np.flatnonzero(~dataset.colorless)
    if not len(colored):
        raise BadInput(f"data set {dataset.name} has no photograph with colour")
    return colored


def evenly_spaced(count: int, most: int) -> np.ndarray:
    """Return at most `most` of `count` indices, evenly spaced.

    Photographs are sorted by scene, so every scene has its share.
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
