"""Data sets: photographs decoded once, as bytes, and the batches a training run draws from them.

A data set is square uint8 RGB photographs in one array, memory-mapped when it lies on disk (packing.py puts it
there), sorted by split, so that "train" and "val" are slices and nothing is ever copied. A batch is a pure function
of (data set, seed, step): a run that is interrupted at step 700 draws at step 700, when it goes on, just what it
would have drawn.
"""

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from colorlab import color

IMAGE_SIZE = 128  # pixels a side; the write-up's networks take no other
DATA = Path(__file__).parents[1] / "data"  # what ships with the project
PACKED = Path("data/packed")  # where `colorlab data pack` and `fetch` put data sets unless told otherwise
FORMAT = 1  # of dataset.json; raised when a packed data set can no longer be read by an older program


@dataclass(frozen=True)
class Dataset:
    """Photographs with their scenes.

    images : (N, S, S, 3) uint8, RGB. S is at least 128; what is beyond is room for random crops.
    labels : (N,) integer, the scene, an index into `classes`.
    colourless : (N,) bool, photographs without colour (mean chroma under 2 Lab units): nothing to learn from,
        and left out of averages.
    classes : names of the scenes.
    splits : name -> (start, stop) into the arrays.
    digest : SHA-256 of images, labels, classes and splits.
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
        """The photographs of one split ("train", "val", "test"); a view, nothing is copied."""
        if name not in self.splits:
            raise ValueError(f"data set {self.name} has no split '{name}', only {', '.join(self.splits)}")
        part = slice(*self.splits[name])
        return replace(
            self,
            name=f"{self.name}/{name}",
            images=self.images[part],
            labels=self.labels[part],
            colourless=self.colourless[part],
            splits={name: (0, part.stop - part.start)},
        )


def load(name: str | Path) -> Dataset:
    """Open a data set: "pocket", which ships with the project, a packed folder, or the name of one in data/packed.

    Raises ValueError, with the remedy, if there is no such data set or its files do not belong together.
    """
    for folder in (Path(name), PACKED / name):
        if (folder / "dataset.json").is_file():
            return _load_packed(folder)
    if str(name) == "pocket":
        from colorlab.packing import pack_in_memory  # imported here because packing stands above this file

        return pack_in_memory(DATA / "pocket", name="pocket", size=144)
    raise ValueError(f"no data set '{name}': give pocket, or a folder made by `colorlab data pack` or `colorlab data fetch`")
