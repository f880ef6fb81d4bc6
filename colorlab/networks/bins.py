"""Colours as classes: bins of a and b, after Zhang, Isola, Efros 2016, "Colorful Image Colorization".

A squared error is least for the mean of all possible colours, which is duller than each of them. A probability for each
bin can say "red or blue" without meaning violet. There are four steps, each of one or two functions:

    the bins             squares of 10 by 10 Lab units that contain a colour of the sRGB gamut
    soft encoding        a colour becomes its 5 nearest bins, weighted by their distance (sigma 5)
    class rebalancing    rare colours count for more; otherwise the many greyish ones would dominate the loss
    the annealed mean    probabilities become one colour, between their mode (T -> 0) and their mean (T = 1)

Our addition: a prediction may take a part of the class rebalancing back (classifier.as_colorizer).
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from colorlab import color

GRID = 10  # the side of a bin in Lab units
NEIGHBOURS, SIGMA = 5, 5.0  # of the soft encoding: a number of bins, and Lab units
UNIFORM = 0.5  # lambda: the share of a uniform distribution that is mixed into the prior before it is inverted
TEMPERATURE = 0.38  # of the annealed mean
TAKEN_BACK = 0.5  # the share of the rebalancing that a prediction takes back: our choice (report/results/vivid)
PRIOR_OF = 10_000  # photographs: the prior is counted on this many at most


@lru_cache(maxsize=1)
def centres() -> np.ndarray:
    """Return the centres of all bins that contain a colour of 8-bit sRGB: (261, 2) Lab units, sorted by a, then by b.

    The paper counts 313 bins in the gamut with this grid. Converting every colour of the screen fills 261, and these
    are computed here. The faces of the RGB cube are enough: a colour can become lighter or darker at the same a and b
    until it reaches a face, so the faces contain every pair of a and b.
    """
    levels = np.arange(256, dtype="uint8")
    one, other = np.meshgrid(levels, levels)
    faces = [np.insert(np.stack([one, other], -1), axis, end, -1) for axis in range(3) for end in (0, 255)]
    ab = color.rgb_to_lab(np.stack(faces))[..., 1:].reshape(-1, 2)
    return (np.unique(np.round(ab / GRID).astype(int), axis=0) * GRID).astype("float32")


def soft_encoded(ab):
    """Encode colours as their NEIGHBOURS nearest bins: ab (..., 2) in the gamut -> numbers and weights, both (..., 5).

    A weight is a Gaussian of the distance. The weights of a colour sum to 1. Zhang et al. 2016, section 2.2.
    """
    xp = color.namespace_of(ab)
    middles = centres()
    # |x - c|^2 - |x|^2: |x|^2 is the same for all bins. The array of all differences x - c is never needed.
    farness = np.sum(middles**2, axis=-1) - 2 * (ab[..., :1] * middles[:, 0] + ab[..., 1:] * middles[:, 1])
    if xp is np:
        numbers = np.argpartition(farness, NEIGHBOURS, axis=-1)[..., :NEIGHBOURS]
        nearest = np.take_along_axis(farness, numbers, axis=-1)
    else:
        nearest, numbers = xp.top_k(-farness, NEIGHBOURS, sorted=False)
        nearest = -nearest
    squares = nearest + xp.sum(ab**2, axis=-1, keepdims=True)
    weights = xp.exp(-squares / (2 * SIGMA**2))
    return numbers, weights / xp.sum(weights, axis=-1, keepdims=True)


def prior(batches: Iterable[np.ndarray]) -> np.ndarray:
    """Count how common each bin is in photographs: (261,), which sums to 1. Zhang et al. 2016, section 2.2.

    batches : chroma of photographs, each (N, 64, 64, 2) in [0, 1]. They are counted at the resolution of `quartered`.
    """
    counts = np.zeros(len(centres()))
    for chroma in batches:
        numbers, weights = soft_encoded(quartered(chroma))
        counts += np.bincount(numbers.ravel(), weights.ravel(), minlength=len(counts))
    return counts / counts.sum()


def quartered(chroma):
    """Chroma (N, 64, 64, 2) in [0, 1] -> a and b in Lab units at the resolution of predicted bins, (N, 32, 32, 2)."""
    return color.ab_of(color.halved(chroma))


def rarity(common: np.ndarray) -> np.ndarray:
    """Return the weight of each bin in the loss: (261,), larger for rare colours. Its mean over the prior is 1.

    common : the prior, (261,). A weight is proportional to 1 / ((1 - lambda) p + lambda / Q), where Q is the number of
        bins and p the prior smoothed with SIGMA in the plane of a and b (Zhang et al. 2016, eq. 4). Our choice: the
        mean is 1 over the prior as it was counted, not smoothed.
    """
    cells = (centres() / GRID).astype(int)
    cells -= cells.min(axis=0)
    plane = np.zeros(cells.max(axis=0) + 1)
    plane[tuple(cells.T)] = common
    smooth = gaussian_filter(plane, SIGMA / GRID, mode="constant")[tuple(cells.T)]
    smooth /= smooth.sum()
    weights = 1 / ((1 - UNIFORM) * smooth + UNIFORM / len(common))
    return weights / np.sum(common * weights)


def annealed_mean(logits, temperature: float = TEMPERATURE):
    """Turn the logits of all bins (..., 261) into one colour: chroma (..., 2) in [0, 1]. Zhang et al. 2016, eq. 5.

    temperature : above 0. Near 0 the result is the most probable bin. At 1 it is the mean of all bins.
    """
    xp = color.namespace_of(logits)
    sharpened = logits / temperature
    odds = xp.exp(sharpened - xp.max(sharpened, axis=-1, keepdims=True))
    ab = xp.matmul(odds / xp.sum(odds, axis=-1, keepdims=True), xp.array(centres()))
    return (ab + 128) / 255
