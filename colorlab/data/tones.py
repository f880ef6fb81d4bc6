"""Greys of more than 8 bits: which value is white is decided by the type of a file and the bulk of its values.

One value that is too large, as a resampling leaves it, must not make everything else dark. So the largest thousandth
of the values is not looked at.
"""

from typing import NamedTuple

import numpy as np

BULK = 0.999
SAMPLE = 1_000_000  # values that are looked at, at most
OVERSHOOT = 1.1  # floats that end at 1 may pass it by so much
BITS = (8, 10, 12, 16, 24)  # of which programs write values into files that have room for more
UNDERSHOOT = 0.05  # of white: values that are negative by less are a resampling's


class Tones(NamedTuple):
    """Greys, floats in [0, 1], and a sentence about what was guessed of them. It is empty if the file said all."""

    values: np.ndarray
    guess: str


def tones(values: np.ndarray, declared: int | None = None, white_is_zero: bool = False) -> Tones:
    """Scale the values of a grey image to [0, 1].

    values : integers of 16 or 32 bits, or floats. What is no number becomes black.
    declared : the value of white, if the file says it.
    """
    values, missing = _numbers(values)
    low, high = _bulk(values)
    if declared:
        top, guess = declared, ""
    elif values.dtype.kind == "f":
        top, guess = _white_of_floats(max(high, -low))
    else:
        top, guess = _white_of_integers(values.dtype, max(high, -low))
    bottom = 0
    if low < -UNDERSHOOT * top:
        bottom = -top
        guess = "; ".join(filter(None, [guess, f"its black is taken to be {bottom:.3g}"]))
    scaled = np.clip((values.astype("float32") - bottom) / (top - bottom), 0, 1)
    if missing:
        guess = f"{missing:,} of its pixels have no value and become black" + (f"; {guess}" if guess else "")
    return Tones(1 - scaled if white_is_zero else scaled, guess)


def _numbers(values):
    """The values with 0 for what is no number, and how many those are. Infinite ones are clipped later."""
    missing = np.isnan(values).sum() if values.dtype.kind == "f" else 0
    return np.nan_to_num(values, nan=0, posinf=np.inf, neginf=-np.inf) if missing else values, int(missing)


def _bulk(values):
    """The smallest and the largest value, but for a thousandth at each end."""
    sample = values.ravel()[:: max(1, values.size // SAMPLE)]
    sample = sample[np.isfinite(sample)]
    return np.quantile(sample, [1 - BULK, BULK]) if sample.size else (0, 0)


def _white_of_floats(high):
    for top in (1, 255, 65535):
        if high <= OVERSHOOT * top and (top == 1 or high > top / 2):
            return top, "" if top == 1 else f"its white is taken to be {top}"
    return float(high), f"its white is taken to be {high:.3g}, which nearly none of its values pass"


def _white_of_integers(dtype, high):
    room = np.iinfo(dtype).bits - (dtype.kind == "i")
    for bits in BITS:
        if 0 < high < 2**bits and bits < room:
            return 2**bits - 1, f"its values are taken to have {bits} bits"
    return 2**room - 1, ""
