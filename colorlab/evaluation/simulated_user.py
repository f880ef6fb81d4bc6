"""Simulate a user who knows the true colours, and gives a number of them as strokes or for segments.

What a method needs to be told is counted in colours, because a person's time is spent on choosing them.
"""

import numpy as np
from scipy import ndimage

from colorlab.painting.segments import segment

DOT = 2.0  # pixels: the radius of a stroke


def regions(lightness: np.ndarray, count: int) -> np.ndarray:
    """Divide a photograph's L (H, W) in [0, 100] into the things that a user sees: labels (H, W), at most `count`."""
    return segment(lightness, count, "slic")


def colors(ab: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean colour of each region, (K, 2), from ab (H, W, 2) in Lab units and labels (H, W)."""
    regions_there = np.arange(labels.max() + 1)
    return np.stack([ndimage.mean(ab[..., channel], labels, regions_there) for channel in range(2)], axis=-1)


def worst(ab: np.ndarray, painted: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return the `count` regions that a user would mend first: the largest errors of the mean colour, times the size.

    ab, painted : (H, W, 2) in Lab units, the true colours and those to be mended. labels : (H, W).
    """
    off = np.linalg.norm(colors(ab, labels) - colors(painted, labels), axis=-1)
    return np.argsort(-off * np.bincount(labels.ravel()))[:count]


def strokes(ab: np.ndarray, labels: np.ndarray, chosen) -> tuple[np.ndarray, np.ndarray]:
    """Draw a dot of its mean colour in the middle of each chosen region: (strokes (H, W, 2), marked (H, W) bool).

    The middle is the place farthest from all other regions and from the edge of the photograph.
    """
    given, marked = np.zeros(ab.shape), np.zeros(labels.shape, bool)
    means = colors(ab, labels)
    rows, columns = np.indices(labels.shape)
    for label in chosen:
        inside = np.pad(labels == label, 1)
        depth = ndimage.distance_transform_edt(inside)[1:-1, 1:-1]
        row, column = np.unravel_index(np.argmax(depth), depth.shape)
        dot = (labels == label) & (np.hypot(rows - row, columns - column) <= DOT)
        given[dot], marked[dot] = means[label], True
    return given, marked
