"""Greys of more than 8 bits: which value is white is decided by the type of a file and the bulk of its values.

One value that is too large, as a resampling leaves it, must not make everything else dark. So the largest thousandth
of the values is not looked at.
"""

from typing import NamedTuple

import numpy as np

from colorlab import color

BULK = 0.999
SAMPLE = 1_000_000  # values that are looked at, at most
OVERSHOOT = 1.1  # floats that end at 1 may pass it by so much
BITS = (8, 10, 12, 14, 16, 24)  # of which programs write values into files that have room for more
FULL = 0.9  # of white: 10 and 14 bits are only believed of values that come so near to it
UNDERSHOOT = 0.05  # of white: values that are negative by less are a resampling's


class Tones(NamedTuple):
    """Greys, floats in [0, 1], and a sentence about what was guessed of them. It is empty if the file said all."""

    values: np.ndarray
    guess: str


def tones(
    values: np.ndarray,
    declared: int | None = None,
    white_is_zero: bool = False,
    missing: np.ndarray | None = None,
) -> Tones:
    """Scale the values of an image to [0, 1].

    values : integers or floats of any size and shape. What is no number or not finite has no value, and becomes black.
    declared : the value of white, if the file says it.
    missing : a mask of further values that are none, as the file says.

    The rule for whole numbers that do not use all the bits they have room for, which is our choice: values below 256
    have 8 bits, and values below 4,096 have 12. Of so few levels a screen would show black, and no one stores that.
    They have 10 or 14 bits only if they come near to the white of these: else a dark photograph of 16 bits would be
    brightened 4 or 64 times. All others use all bits, and what is dark stays dark.
    """
    missing, bottom, top, guess = _range(values, declared, missing)
    scaled = _scaled(values, bottom, top, white_is_zero)
    if missing is not None:
        scaled[missing] = 0
    return Tones(scaled, guess)


def levels(values: np.ndarray, **how) -> Tones:
    """As `tones`, with bytes as values. Whole numbers of 16 bits or fewer go through a table, which is faster."""
    if values.dtype.kind == "f" or values.dtype.itemsize > 2:
        found = tones(values, **how)
        return found._replace(values=color.to_uint8(found.values))
    missing, bottom, top, guess = _range(values, how.get("declared"), how.get("missing"))
    plain = f"u{values.dtype.itemsize}"
    every = np.arange(256**values.dtype.itemsize, dtype=plain).view(values.dtype)
    found = color.to_uint8(_scaled(every, bottom, top, how.get("white_is_zero")))[values.view(plain)]
    if missing is not None:
        found[missing] = 0
    return Tones(found, guess)


def _range(values, declared, missing):
    """(a mask of what is no value, or None; the value of black; that of white; what was guessed)."""
    missing = _missing(values, missing)
    low, high = _bulk(values, missing)
    if declared:
        top, guess = declared, ""
    elif values.dtype.kind == "f":
        top, guess = _white_of_floats(max(high, -low))
    else:
        top, guess = _white_of_integers(values.dtype, max(high, -low))
    bottom = 0
    if low < -UNDERSHOOT * top:
        bottom = -top
        guess = "; ".join(filter(None, [guess, f"its black is taken to be {_said(bottom)}"]))
    if missing is not None:
        guess = f"{missing.sum():,} of its pixels have no value and become black" + (f"; {guess}" if guess else "")
    return missing, bottom, top, guess


def _scaled(values, bottom, top, white_is_zero):
    scaled = np.clip((values.astype("float32") - bottom) / (top - bottom), 0, 1)
    return 1 - scaled if white_is_zero else scaled


def _missing(values, declared):
    """A mask of what is no value, or None if all are one."""
    missing = None if declared is None or not declared.any() else declared
    if values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
        missing = ~finite if missing is None else ~finite | missing
    return missing


def _bulk(values, missing):
    """The smallest and the largest value, but for a thousandth at each end."""
    step = max(1, values.size // SAMPLE)
    sample = values.ravel()[::step]
    if missing is not None:
        sample = sample[~missing.ravel()[::step]]
    return np.quantile(sample, [1 - BULK, BULK]) if sample.size else (0, 0)


def _white_of_floats(high):
    for top in (1, 255, 65535):
        if high <= OVERSHOOT * top and (top == 1 or high > top / 2):
            return top, "" if top == 1 else f"its white is taken to be {_said(top)}"
    return float(high), f"its white is taken to be {_said(high)}, which nearly none of its values pass"


def _white_of_integers(dtype, high):
    room = np.iinfo(dtype).bits - (dtype.kind == "i")
    for bits in BITS:
        top = 2**bits - 1
        if 0 < high <= top and bits < room and (bits not in (10, 14) or high >= FULL * top):
            return top, f"its values are taken to have {bits} bits"
    return 2**room - 1, ""


def _said(number):
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
