"""A user to measure with: one who knows the true colours, and says so many of them, as strokes or for segments.

How much a method needs to be told is counted in colours, since a person's time is spent on choosing them.
"""

import numpy as np
from scipy.ndimage import distance_transform_edt

from colorlab.segments import segment

DOT = 2.0  # pixels: the radius of a stroke


def regions(lightness: np.ndarray, count: int) -> np.ndarray:
    """What the user sees as one thing each: labels (H, W), `count` at most, of a photograph's L (H, W) in [0, 100]."""
    return segment(lightness, count, "slic")


def colours(ab: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean colour of each region, (K, 2): ab (H, W, 2) Lab units, labels (H, W)."""
    counts = np.bincount(labels.ravel())
    return np.stack([np.bincount(labels.ravel(), ab[..., i].ravel()) / counts for i in range(2)], axis=-1)


def worst(ab: np.ndarray, painted: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """The regions that a user would mend first, at most `count`: where the mean colour is farthest off, by their size.

    ab, painted : (H, W, 2) Lab units, true and as something has painted them; labels (H, W).
    """
    off = np.linalg.norm(colours(ab, labels) - colours(painted, labels), axis=-1)
    return np.argsort(-off * np.bincount(labels.ravel()))[:count]


def strokes(ab: np.ndarray, labels: np.ndarray, chosen) -> tuple[np.ndarray, np.ndarray]:
    """A dot of their mean colour in the middle of some regions: (strokes (H, W, 2), marked (H, W) bool).

    The middle is the place farthest from all other regions and from the edge of the photograph.
    """
    given, marked = np.zeros(ab.shape), np.zeros(labels.shape, bool)
    means = colours(ab, labels)
    rows, columns = np.indices(labels.shape)
    for label in chosen:
        inside = np.pad(labels == label, 1)
        depth = distance_transform_edt(inside)[1:-1, 1:-1]
        row, column = np.unravel_index(np.argmax(depth), depth.shape)
        dot = (labels == label) & (np.hypot(rows - row, columns - column) <= DOT)
        given[dot], marked[dot] = means[label], True
    return given, marked
