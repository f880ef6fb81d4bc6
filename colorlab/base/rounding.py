"""Round numbers for people, by one rule: half away from zero, of the number as it is written with ten digits.

41.95 becomes 42.0, also if a computation made 41.949999999999996 of it. Python's own format looks at the binary number
behind 41.95, which lies below it, and says 41.9.
"""

from decimal import ROUND_HALF_UP, Decimal


def rounded(value: float, decimals: int = 0) -> Decimal:
    """Round a number. The result prints as many decimals as were asked for: f"{rounded(1764.5):,}" is "1,765".

    A number of NumPy in single precision is written with seven digits.
    """
    digits = 7 if getattr(value, "dtype", None) == "float32" else 10
    written = Decimal(f"{float(value):.{digits}g}")
    if not written.is_finite() or written.adjusted() + decimals > 20:  # what a training that ran away may print
        return written
    return written.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0
