"""A PNG's chunks say which colours its numbers mean and which of them is transparent."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image
from variants import SIZE, gamma, png, srgb_profile

from colorlab.data import profiles
from colorlab.data.photographs import read_photograph

PHOTO = Image.linear_gradient("L").resize(SIZE).convert("RGB")
GREYS = np.asarray(PHOTO)[..., 0]


def read(tmp_path, *how, **chunks):
    png(*how, **chunks)(tmp_path / "photo.png", PHOTO)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        photograph = read_photograph(tmp_path / "photo.png")
    return np.asarray(photograph), [str(one.message) for one in said]


def packed(bits):
    """Greys of 1, 2 or 4 bits."""
    values = GREYS >> (8 - bits)
    return values, lambda photo: np.packbits(
        np.unpackbits(values[..., None], axis=-1)[..., 8 - bits :].reshape(SIZE[1], -1), axis=-1
    )


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_transparent_grey_of_few_bits_is_that_grey(tmp_path, bits):
    values, stored = packed(bits)
    key = 2**bits - 1
    found, _ = read(tmp_path, stored, bits, 0, tRNS=bytes([0, key]))
    np.testing.assert_array_equal(found[..., 3] == 0, values == key)
    np.testing.assert_array_equal(found[..., 0], values * (255 // key))


@pytest.mark.parametrize("kind", [0, 2])
def test_a_transparent_color_of_16_bits_is_that_color_and_none_that_looks_the_same(tmp_path, kind):
    values = (GREYS * 257.0).astype(">u2")
    values[:4], values[4:8] = 1, 2
    values = values if kind == 0 else np.repeat(values[..., None], 3, axis=-1)
    found, _ = read(tmp_path, lambda photo: values, 16, kind, tRNS=b"\0\1" * (1 if kind == 0 else 3))
    assert not found[:4, :, 3].any() and (found[4:, :, 3] == 255).all()


def test_a_dark_grey_of_linear_light_is_exact_by_gamma_and_by_profile(tmp_path):
    from variants import linear, linear_16_bits

    values = np.round(linear(GREYS) * 65535).astype(">u2")
    found, _ = read(tmp_path, lambda photo: values, 16, 0, gAMA=gamma(1))
    np.testing.assert_array_equal(found, GREYS)
    linear_16_bits(tmp_path / "photo.png", PHOTO)
    found = np.asarray(read_photograph(tmp_path / "photo.png"))
    assert np.abs(found.astype(int) - GREYS).max() <= 1


def stored_greys(photo):
    return GREYS


def test_what_is_said_first_goes_first(tmp_path):
    """cICP before iCCP, that before sRGB, and that before gAMA."""
    import zlib

    profile = b"x\0\0" + zlib.compress(srgb_profile())
    for before in ({"sRGB": b"\0"}, {"iCCP": profile}, {"cICP": bytes([1, 13, 0, 1])}):
        found, said = read(tmp_path, stored_greys, 8, 0, **before, gAMA=gamma(1))
        np.testing.assert_array_equal(found, GREYS)
        assert not said
    found, _ = read(tmp_path, stored_greys, 8, 0, cICP=bytes([1, 8, 0, 1]), sRGB=b"\0")
    assert found.mean() > GREYS.mean() + 30


@pytest.mark.parametrize("chunk", [{"gAMA": gamma(0)}, {"gAMA": gamma(99)}, {"gAMA": gamma(0.5), "cHRM": bytes(32)}])
def test_colors_that_cannot_be_are_not_applied(tmp_path, chunk):
    found, said = read(tmp_path, stored_greys, 8, 0, **chunk)
    if "cHRM" in chunk:
        assert "its colours are not applied" in said[0]
    else:
        np.testing.assert_array_equal(found, GREYS)


def test_the_primaries_of_srgb_make_srgb_and_wider_ones_wider_colors():
    assert profiles._is_srgb(profiles.of_primaries(profiles.OF_SRGB))
    color = Image.new("RGB", (1, 1), (180, 100, 100))
    wider = profiles.to_srgb(color, profiles.of_primaries(profiles.OF_DISPLAY_P3)).getpixel((0, 0))
    assert wider[0] > 184 and wider[1] < 99


def test_damaged_pixels_are_no_damaged_text(tmp_path):
    buffer = io.BytesIO()
    Image.effect_noise(SIZE, 60).save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    data[len(data) // 2] ^= 255
    (tmp_path / "photo.png").write_bytes(data)
    with pytest.raises(ValueError, match="damaged"):
        read_photograph(tmp_path / "photo.png")
