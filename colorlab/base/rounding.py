"""Round numbers for people, by one rule: half away from zero, of the number as it is written in decimals.

41.95 becomes 42.0. Python's own format looks at the binary number behind 41.95, which lies below it, and says 41.9.
"""

from decimal import ROUND_HALF_UP, Decimal


def rounded(value: float, decimals: int = 0) -> Decimal:
    """Round a number. The result prints as many decimals as were asked for: f"{rounded(1764.5):,}" is "1,765".

    A number of NumPy in single precision counts as the shortest decimal that stands for it.
    """
    if not hasattr(value, "dtype"):
        value = float(value)
    written = Decimal(str(value))
    return written.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0 if written.is_finite() else written
