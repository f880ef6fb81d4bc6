"""Colours as classes: a and b cut into bins, after Zhang, Isola, Efros 2016, "Colorful Image Colorization".

A squared error asks for the mean of all colours that are possible, which is duller than each of them. A probability for
each bin can say "red or blue" without meaning violet. Four steps, each a function or two:

    the bins             squares of 10 by 10 Lab units, those that hold a colour of the screen
    soft encoding        a colour as its 5 nearest bins, weighted by how near they are (sigma 5)
    class rebalancing    rare colours count for more, or the many greyish ones would decide everything
    the annealed mean    from probabilities back to one colour: between their mode (T -> 0) and their mean (T = 1)

Our addition: what rare colours counted too much in training may be taken back, in part, in the answer.
"""

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from colorlab import color, datasets
from colorlab.backend import ops

GRID = 10  # Lab units a side of a bin
NEIGHBOURS, SIGMA = 5, 5.0  # of the soft encoding: bins, Lab units
UNIFORM = 0.5  # lambda: how much of a uniform distribution is mixed into the prior before it is inverted
TEMPERATURE = 0.38  # of the annealed mean
TAKEN_BACK = 0.5  # how much of the rebalancing, when it answers: our choice, by measurement (report/results/vivid)
PRIOR_OF = 10_000  # photographs that the prior is counted on, at most


@lru_cache(maxsize=1)
def centres() -> np.ndarray:
    """The middles of all bins that hold a colour which 8 bits of sRGB can say: (261, 2) Lab units, by a, then by b.

    The paper has 313 in gamut at this grid; every colour of the screen, converted, fills 261 squares, and that is what
    is derived here. (A colour is lighter or darker at the same a and b until it reaches a face of the RGB cube: so its
    faces hold every pair of a and b that there is.)
    """
    levels = np.arange(256, dtype="uint8")
    one, other = np.meshgrid(levels, levels)
    faces = [np.insert(np.stack([one, other], -1), axis, end, -1) for axis in range(3) for end in (0, 255)]
    ab = color.rgb_to_lab(np.stack(faces))[..., 1:].reshape(-1, 2)
    return (np.unique(np.round(ab / GRID).astype(int), axis=0) * GRID).astype("float32")


def soft_encoded(ab):
    """Colours as their NEIGHBOURS nearest bins: a and b (..., 2) in the gamut -> numbers and weights, both (..., 5).

    A weight is a Gaussian of the distance; those of a colour sum to 1. Zhang et al. 2016, section 2.2.
    """
    xp = color._namespace(ab)
    middles = centres()
    # |x - c|^2 without |x|^2, which is the same for all bins, and without the array of all differences
    farness = np.sum(middles**2, axis=-1) - 2 * (ab[..., :1] * middles[:, 0] + ab[..., 1:] * middles[:, 1])
    if xp is np:
        numbers = np.argpartition(farness, NEIGHBOURS, axis=-1)[..., :NEIGHBOURS]
        nearest = np.take_along_axis(farness, numbers, axis=-1)
    else:
        nearest, numbers = ops.top_k(-farness, NEIGHBOURS, sorted=False)
        nearest = -nearest
    squares = nearest + xp.sum(ab**2, axis=-1, keepdims=True)
    weights = xp.exp(-squares / (2 * SIGMA**2))
    return numbers, weights / xp.sum(weights, axis=-1, keepdims=True)


def prior(photographs: datasets.Dataset) -> np.ndarray:
    """How common each bin is in photographs that have colour (PRIOR_OF of them, evenly spread): (261,), sums to 1.

    Counted at the resolution of `quartered`. Zhang et al. 2016, section 2.2.
    """
    coloured = datasets.coloured_of(photographs)
    coloured = coloured[datasets.spread(len(coloured), PRIOR_OF)]
    images, counts = datasets.centre(photographs), np.zeros(len(centres()))
    for some in np.array_split(coloured, -(-len(coloured) // 32)):
        numbers, weights = soft_encoded(quartered(color.encode(np.asarray(images[some]))[1]))
        counts += np.bincount(numbers.ravel(), weights.ravel(), minlength=len(counts))
    return counts / counts.sum()


def quartered(chroma):
    """Chroma (N, 64, 64, 2) in [0, 1] -> a and b at half of that resolution, where bins are predicted: Lab units."""
    return color.halved(chroma) * 255 - 128


def rarity(prior: np.ndarray) -> np.ndarray:
    """What a place whose colour is of a bin counts for: (261,), rare colours more; their mean over the prior is 1.

    w is proportional to 1 / ((1 - lambda) p + lambda / Q), p being the prior, smoothed with SIGMA in the plane of a and
    b (Zhang et al. 2016, eq. 4; that its mean is 1 over the prior as it was counted, not smoothed, is our choice).
    """
    cells = (centres() / GRID).astype(int)
    cells -= cells.min(axis=0)
    plane = np.zeros(cells.max(axis=0) + 1)
    plane[tuple(cells.T)] = prior
    smooth = gaussian_filter(plane, SIGMA / GRID, mode="constant")[tuple(cells.T)]
    smooth /= smooth.sum()
    weights = 1 / ((1 - UNIFORM) * smooth + UNIFORM / len(prior))
    return weights / np.sum(prior * weights)


def annealed_mean(logits, temperature: float = TEMPERATURE):
    """One colour from the logits of all bins (..., 261): chroma (..., 2) in [0, 1]. Zhang et al. 2016, eq. 5.

    temperature : above 0. Near 0 the most probable bin, 1 the mean, smooth.
    """
    xp = color._namespace(logits)
    sharpened = logits / temperature
    odds = xp.exp(sharpened - xp.max(sharpened, axis=-1, keepdims=True))
    ab = xp.matmul(odds / xp.sum(odds, axis=-1, keepdims=True), xp.array(centres()))
    return (ab + 128) / 255
