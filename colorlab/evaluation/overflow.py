"""Pictures whose colours overflowed 8 bits, and the colours that were meant.

A byte holds 0 to 255. A number cast to a byte without a clip loses multiples of 256: 306 becomes 50, and -26 becomes
230. Here such a multiple is called a *turn*. `overflowed` makes the mistake. `recover` undoes it: it finds the turns
of each pixel, as phase unwrapping does for angles. Notebook 11 uses both.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.ndimage import gaussian_filter, median_filter

from colorlab import color

NEAR = 4.0  # Lab units: a pixel this near to the field is explained by it
ROUNDS = 30  # at most, in which turns and field are found in turn

# Turns of red, green and blue. A cold colour is outside of the gamut because it lacks red and has too much blue.
TURNS = np.array(list(product(range(-2, 1), range(-1, 2), range(0, 3))))
ALL_TURNS = np.array(list(product(range(-2, 3), repeat=3)))  # a control: any channel may have any number of turns
NO_TURNS = np.zeros((1, 3), dtype=int)  # another control: no pixel has overflowed


def overflowed(rgb):
    """Cast sRGB (..., 3) to bytes without a clip, as some programs did. Numbers beyond [0, 1] wrap around.

    Decimals are cut off, and the lowest eight bits kept, as x86 processors do. The way is over int64, because NumPy's
    own cast of a float below 0 or above 255 to uint8 has no defined result: C leaves it open, and processors differ.
    """
    return (rgb * 255).astype("int64").astype("uint8")


@dataclass(frozen=True)
class Recovered:
    """What `recover` found in a picture of H x W pixels.

    lab : (H, W, 3), the colour of each pixel with its turns undone.
    turns : (H, W, 3) integers, how often 256 was added to red, green and blue.
    field : (H, W, 2), the smooth a and b that explain the picture.
    distance : (H, W) Lab units from each pixel's a and b to the field.
    """

    lab: np.ndarray
    turns: np.ndarray
    field: np.ndarray
    distance: np.ndarray

    @property
    def explained(self) -> np.ndarray:
        """(H, W) bool: which pixels are near the field."""
        return self.distance < NEAR

    @property
    def answer(self) -> np.ndarray:
        """a and b at half the size, (H/2, W/2, 2): the mean of each 2x2 square over its explained pixels.

        NaN where a square has none.
        """
        weight = self.explained[..., None].astype("float32")
        with np.errstate(invalid="ignore"):
            return color.halved(self.lab[..., 1:] * weight) / color.halved(weight)


def recover(picture, turns=TURNS) -> Recovered:
    """Find turns for each pixel of a picture (H, W, 3) uint8 that leave one smooth field of a and b.

    The search begins with the constant colour that explains most pixels. Then each pixel takes the turns that bring
    it nearest to the field, and the field becomes the blurred median of the pixels, until no pixel changes.
    """
    candidates = color.rgb_to_lab((np.float32(picture) + 256 * turns[:, None, None].astype("float32")) / 255)
    possible = (candidates[..., 0] > -1) & (candidates[..., 0] < 101)  # lightness is that of a photograph
    candidates[~possible] = 1e4
    field = np.zeros((*picture.shape[:2], 2)) + _best_constant(candidates[:, ::4, ::4, 1:])
    for pixels in (15, 9):  # coarse first
        chosen = None
        for _ in range(ROUNDS):
            before, chosen = chosen, np.square(candidates[..., 1:] - field).sum(axis=-1).argmin(axis=0)
            if before is not None and (chosen == before).all():
                break
            lab = np.take_along_axis(candidates, chosen[None, ..., None], axis=0)[0]
            smooth = [gaussian_filter(median_filter(lab[..., i], pixels), 2) for i in (1, 2)]
            field = np.stack(smooth, axis=-1)
    return Recovered(lab, turns[chosen], field, np.linalg.norm(lab[..., 1:] - field, axis=-1))


def _best_constant(ab):
    """The a and b, in steps of 10, that most pixels can have with some turns. ab : (turns, pixels..., 2)."""
    explained = {}
    for a, b in product(range(-60, 61, 10), range(-80, 81, 10)):
        explained[a, b] = np.mean((np.square(ab - np.array([a, b])).sum(axis=-1) < 100).any(axis=0))
    return max(explained, key=explained.get)


def steps_between_columns(image, period=4):
    """Median step from each column to the next, by the column's number modulo `period`.

    image : (H, W, C), NaN where it is unknown. Enlarging by repetition leaves steps of zero inside of a repeated
    square, so this shows whether, and from where, an image was enlarged.
    """
    steps = np.linalg.norm(np.diff(image, axis=1), axis=-1)
    return [float(np.nanmedian(steps[:, phase::period])) for phase in range(period)]


def steps_across_turns(picture, found, turn=256) -> float:
    """Median step of a and b between two pixels of one square of 2x2 that have different turns.

    The program enlarged a and b by repetition, so the two had the same a and b, whatever their bytes say now.
    turn : what a turn is taken to be. If pixels wrapped around by 256, no other number makes the step as small.
    """
    ab = color.rgb_to_lab((np.float32(picture) + turn * found.turns.astype("float32")) / 255)[..., 1:]
    steps = []
    for axis in (0, 1):
        pair = [np.moveaxis(one, axis, 0) for one in (ab, found.turns, found.explained)]
        first, second = ([one[start::2] for one in pair] for start in (0, 1))
        across = (first[1] != second[1]).any(axis=-1) & first[2] & second[2]
        steps.append(np.linalg.norm(first[0] - second[0], axis=-1)[across])
    return float(np.median(np.concatenate(steps)))


@dataclass(frozen=True)
class Response:
    """How the strength of an answer follows lightness: logits = bright * (L - 50) above 50, dark * (50 - L) below.

    explained : the share of the variance that these two slopes explain, without a constant. Below 0 they are worse
        than the mean.
    """

    explained: float
    bright: float
    dark: float


BLURS = (2, 4, 8, 16)  # pixels: how far around lightness counts
COLORED = 5.0  # Lab units: an answer that is weaker on average is nearly grey, and follows nothing


def response_to_lightness(answer, lightness) -> Response:
    """Fit two slopes to the strength of an answer: over how light, and over how dark the photograph is around.

    answer : a and b (h, w, 2) in Lab units, NaN where unknown. lightness : L (2h, 2w). Strength is measured before the
    sigmoid, along the answer's mean direction from 1/2. Of several blurs of the lightness, that which fits best is
    taken. A sixth at each border is left out, where the zeros of the padding count. All is NaN if the answer is nearly
    grey.

    A network of convolutions and ReLUs without biases and normalization is homogeneous: with half of the contrast, it
    gives half of the answer, and at middle grey none. Two slopes without a constant are the simplest such function.
    """
    border = answer.shape[0] // 6
    inner = np.s_[border:-border, border:-border]
    chroma = np.clip((answer[inner] + 128) / 255, 1e-6, 1 - 1e-6).reshape(-1, 2)
    known = ~np.isnan(chroma[:, 0])
    if np.linalg.norm(chroma[known] - 0.5, axis=-1).mean() * 255 < COLORED:
        return Response(np.nan, np.nan, np.nan)
    logits = np.log(chroma / (1 - chroma))[known]
    direction = logits.mean(axis=0)
    strength = logits @ (direction / max(np.linalg.norm(direction), 1e-9))
    fits = []
    for blur in BLURS:
        sides = np.maximum([lightness - 50, 50 - lightness], 0)
        around = color.halved(np.stack([gaussian_filter(side, blur) for side in sides], axis=-1))
        around = around[inner].reshape(-1, 2)[known]
        slopes = np.linalg.lstsq(around, strength)[0]
        left = np.mean(np.square(strength - around @ slopes)) / max(strength.var(), 1e-12)
        fits.append(Response(float(1 - left), *map(float, slopes)))
    return max(fits, key=lambda fit: fit.explained)
