"""Draw the batches that a network learns from.

A batch depends only on the data set, the sampling and the step. That is why an interrupted training resumes exactly:
at step 700 it draws what it would have drawn at step 700 without the interruption.
"""

import itertools
import math
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.color import IMAGE_SIZE
from colorlab.data.datasets import Dataset, colored_of, evenly_spaced

THREADS = min(os.cpu_count() or 2, 8)  # threads that make batches
VALIDATED = 64  # photographs in a batch of validation, at most


def crop(image: np.ndarray, down: int = 0, right: int = 0) -> np.ndarray:
    """Cut 128x128 pixels out of a photograph (S, S, 3): its middle, moved by `down` and `right` pixels.

    Where the crop leaves the photograph, the photograph is mirrored at its edge.
    """

    def window(moved, side):
        places = np.arange(IMAGE_SIZE) + (side - IMAGE_SIZE) // 2 + moved
        return side - 1 - np.abs(side - 1 - np.abs(places))  # 0 1 2 … side-1 … 2 1 0

    return image.take(window(down, image.shape[0]), axis=0).take(window(right, image.shape[1]), axis=1)


def encoded(rgb: np.ndarray, labels: np.ndarray, encode=color.encode):
    """Turn photographs into the input and the targets of a network: (lightness, {"chroma": …, "scene": …}).

    rgb (N, 128, 128, 3) uint8 -> lightness (N, 128, 128, 1) in [-1, 1]; chroma (N, 64, 64, 2) in [0, 1];
    scene (N,) int32. `encode` is color.encode, or that function compiled for the device that trains.
    """
    lightness, chroma = encode(rgb)
    return lightness, {"chroma": chroma, "scene": np.asarray(labels, dtype="int32")}


@lru_cache(maxsize=4)
def _order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which an epoch visits the photographs."""
    return np.random.default_rng((seed, epoch)).permutation(count)


@dataclass(frozen=True)
class Sampling:
    """How batches are drawn from a data set."""

    size: int  # photographs in a batch
    seed: int  # of the order and of the augmentation
    shift: int = 0  # augmentation: crops lie up to this many pixels off the middle, in each direction
    mirror: bool = False  # augmentation: flip half of the photographs left to right


def drawn(count: int, step: int, sampling: Sampling) -> np.ndarray:
    """Return which of `count` photographs are in the batch of a step: (size,) numbers from 0 to count - 1.

    The orders of all epochs follow each other, and a batch may lie in two of them.
    """
    epochs, places = np.divmod(np.arange(step * sampling.size, (step + 1) * sampling.size), count)
    orders = [_order(count, sampling.seed, epoch) for epoch in epochs]
    return np.array([order[place] for order, place in zip(orders, places, strict=True)])


def batch(dataset: Dataset, step: int, sampling: Sampling, part: slice = slice(None), encode=color.encode):
    """Draw the batch of one training step: (lightness, {"chroma": …, "scene": …}), see `encoded`.

    Every photograph with colour is drawn once before any is drawn again. Raises BadInput if there is none.

    part : which photographs of the batch to return, where several processes share it. encode : see `encoded`.
    """
    size, shift = sampling.size, sampling.shift
    colored = colored_of(dataset)
    indices = colored[drawn(len(colored), step, sampling)]

    random = np.random.default_rng((sampling.seed, 1, step))
    moves = random.integers(-shift, shift + 1, (size, 2))
    flips = random.random(size) < 0.5
    indices, moves, flips = indices[part], moves[part], flips[part]
    rgb = np.stack([crop(dataset.images[i], *move) for i, move in zip(indices, moves, strict=True)])
    if sampling.mirror:
        rgb[flips] = rgb[flips, :, ::-1]
    return encoded(rgb, dataset.labels[indices], encode)


def stream(dataset: Dataset, sampling: Sampling, start: int = 0, **options) -> Iterator:
    """Yield batches without end, from step `start` on. `options` are those of `batch`.

    Threads make the batches before they are needed. (NumPy lets several threads compute at once.)
    """
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = deque()
        try:
            for step in itertools.count(start):
                waiting.append(pool.submit(batch, dataset, step, sampling, **options))
                if len(waiting) > 2 * THREADS:
                    yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)  # do not wait for batches that will never be used


def validated(count: int, most: int) -> tuple[np.ndarray, int]:
    """Choose at most `most` of `count` photographs to validate on: (their indices, the size of a batch).

    All batches have the same size. Keras averages the loss of an output over batches, so each photograph of a
    shorter last batch would count for more. Raises BadInput if `count` is 0.
    """
    if not count:
        raise BadInput("the data set has no validation photographs: add some to its split 'val'")
    used = min(count, most)
    count_of_batches = max(1, math.ceil(used / VALIDATED))
    together = used // count_of_batches
    return evenly_spaced(count, together * count_of_batches), together
