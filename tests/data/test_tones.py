"""Which value is white: by the type of a file and the bulk of its values, never by one of them."""

import numpy as np
import pytest

from colorlab.data.tones import tones

RAMP = np.linspace(0, 1, 10_000)


def with_one(values, value):
    values = values.copy()
    values[7] = value
    return values


@pytest.mark.parametrize(
    ("values", "declared", "guess"),
    [
        (RAMP.astype("float32"), None, ""),
        (with_one(RAMP, 1.02), None, ""),
        (with_one(RAMP, 1e9), None, ""),
        (with_one(RAMP, -5), None, ""),
        (with_one(RAMP, np.inf), None, "1 of its pixels have no value"),
        (with_one(RAMP, np.nan), None, "1 of its pixels have no value"),
        (RAMP * 255, None, "white is taken to be 255"),
        (RAMP * 3, None, "white is taken to be 3"),
        (with_one(RAMP * 65535, 0).astype("uint16"), None, ""),
        (RAMP * 65535, None, "white is taken to be 65,535"),
        ((RAMP * 4095).astype("uint16"), None, "12 bits"),
        (with_one((RAMP * 4095).astype("uint16"), 65535), None, "12 bits"),
        ((RAMP * 4095).astype("uint16"), 4095, ""),
        ((RAMP * 1023).astype("uint16"), None, "10 bits"),
        ((RAMP * 16383).astype("uint16"), None, "14 bits"),
        ((RAMP * 255).astype("int32"), None, "8 bits"),
        ((RAMP * 65535).astype("int32"), None, "16 bits"),
        ((RAMP * (2**32 - 1)).astype("uint32"), None, ""),
        ((RAMP * (2**31 - 1)).astype("int32"), None, ""),
        (((RAMP - 0.5) * (2**32 - 2)).astype("int32"), None, "black is taken to be -"),
    ],
)
def test_black_is_black_and_white_is_white(values, declared, guess):
    found = tones(values, declared)
    assert (guess in found.guess) if guess else not found.guess
    kept = np.arange(len(RAMP)) != 7
    np.testing.assert_allclose(found.values[kept], RAMP[kept], atol=0.005)
    np.testing.assert_allclose(tones(values, declared, white_is_zero=True).values[kept], 1 - RAMP[kept], atol=0.005)


@pytest.mark.parametrize("values", [np.zeros(50, "uint16"), np.zeros(50), np.full(50, np.nan), np.full(50, -np.inf)])
def test_what_has_no_light_is_black(values):
    assert not tones(values).values.any()


@pytest.mark.parametrize(("white", "wanted"), [(9000, 9000 / 65535), (14000, 14000 / 65535), (900, 900 / 4095)])
def test_a_dark_photograph_of_16_bits_stays_dark(white, wanted):
    """Bits are believed to be 10 or 14 only where the values come near to the white of these."""
    assert tones((RAMP * white).astype("uint16")).values.max() == pytest.approx(wanted, abs=0.001)


def test_what_a_file_says_to_be_no_value_is_black_and_decides_nothing():
    values = RAMP.astype("float32")
    values[:500] = -9999
    found = tones(values, missing=values == -9999)
    assert found.guess == "500 of its pixels have no value and become black"
    np.testing.assert_allclose(found.values[500:], RAMP[500:], atol=1e-4)
    assert not found.values[:500].any()
