"""Rounding: half away from zero, of the number as it is written."""

import numpy as np
import pytest

from colorlab.base.rounding import rounded


@pytest.mark.parametrize(
    ("value", "decimals", "said"),
    [
        (41.95, 1, "42.0"),  # the binary number lies below: Python's format says 41.9
        (100 * 0.4195, 1, "42.0"),  # 41.949999999999996
        (0.125, 2, "0.13"),  # and of exact halves it takes the even one, 0.12
        (-0.125, 2, "-0.13"),
        (2.5, 0, "3"),
        (-0.001, 2, "0.00"),  # no minus zero
        (1764.6, 0, "1765"),
        (np.float32(41.95), 1, "42.0"),  # not 41.950000762939453
        (float("inf"), 2, "Infinity"),
    ],
)
def test_half_goes_away_from_zero(value, decimals, said):
    assert f"{rounded(value, decimals)}" == said


def test_thousands_can_be_parted():
    assert f"{rounded(1764500.5):,}" == "1,764,501"


def test_a_number_that_ran_away_is_still_told():
    assert f"{rounded(1.5e30, 2)}" == "1.5E+30"
