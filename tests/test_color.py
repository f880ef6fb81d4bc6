"""Colour conversion: held against scikit-image, on NumPy arrays and on the backend's tensors."""

import numpy as np
import pytest
import skimage.color

from colorlab import color
from colorlab.base.backend import keras, ops

TOLERANCE = 1e-3  # Lab units


def cube():
    """A lattice of the whole 8-bit RGB cube with both ends of every axis."""
    levels = np.append(np.arange(0, 255, 6), 255).astype("uint8")
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(1, -1, 3)


def random_image():
    return np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype="uint8")


IMAGES = {"cube": cube(), "random": random_image(), "dark": random_image() // 16}
KINDS = {
    "numpy bytes": lambda rgb: rgb,
    "numpy floats": lambda rgb: rgb.astype("float32") / 255,
    "tensor of bytes": ops.convert_to_tensor,
    "tensor of floats": lambda rgb: ops.convert_to_tensor(rgb.astype("float32") / 255),
}


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_rgb_to_lab_agrees_with_scikit_image(image, kind):
    lab = color.rgb_to_lab(KINDS[kind](IMAGES[image]))
    assert isinstance(lab, np.ndarray) == kind.startswith("numpy")
    assert np.abs(ops.convert_to_numpy(lab) - skimage.color.rgb2lab(IMAGES[image])).max() < TOLERANCE


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("convert", [np.asarray, ops.convert_to_tensor])
def test_lab_to_rgb_agrees_with_scikit_image(image, convert):
    lab = skimage.color.rgb2lab(IMAGES[image]).astype("float32")
    rgb = ops.convert_to_numpy(color.lab_to_rgb(convert(lab)))
    assert np.abs(skimage.color.rgb2lab(rgb) - lab).max() < TOLERANCE
    np.testing.assert_array_equal(color.to_uint8(rgb), IMAGES[image])


def test_colors_outside_the_gamut_are_clipped_as_scikit_image_clips_them():
    lab = np.random.default_rng(1).uniform([0, -128, -128], [100, 127, 127], (5000, 3))
    with pytest.warns(UserWarning, match="negative Z"):
        reference = skimage.color.lab2rgb(lab)
    rgb = color.lab_to_rgb(lab)
    assert rgb.min() >= 0 and rgb.max() <= 1
    assert np.abs(rgb - reference).max() < 1e-4


@pytest.mark.parametrize("convert", [np.asarray, ops.convert_to_tensor])
def test_without_a_clip_a_cold_color_leaves_what_a_screen_can_show(convert):
    lab = convert(np.array([[85, 1, -35], [10, 1, -35], [50, 1, -35]], "float32"))
    rgb = ops.convert_to_numpy(color.unclipped_rgb(lab))
    assert (rgb > 1).tolist() == [[False, False, True], [False] * 3, [False] * 3]  # too much blue
    assert (rgb < 0).tolist() == [[False] * 3, [True, False, False], [False] * 3]  # no red that could be taken away
    np.testing.assert_array_equal(np.clip(rgb, 0, 1), ops.convert_to_numpy(color.lab_to_rgb(lab)))


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_there_and_back_without_a_clip_nothing_is_lost(kind):
    lab = np.random.default_rng(5).uniform([0, -20, -80], [100, 20, -20], (5000, 3)).astype(kind)
    rgb = color.unclipped_rgb(lab)
    assert ((rgb < 0) | (rgb > 1)).any(axis=-1).mean() > 0.5
    assert np.abs(color.rgb_to_lab(rgb) - lab).max() < 0.01


def test_bytes_are_clipped_and_rounded():
    rgb = color.to_uint8(np.array([1.2, 306 / 255, -0.1, 1.0, 0.0, 100.4 / 255, 100.6 / 255]))
    assert rgb.dtype == np.uint8 and rgb.tolist() == [255, 255, 0, 255, 0, 100, 101]


@pytest.mark.parametrize("value", [0.0, 1e-6, 0.04045, 0.5, 1.0])
def test_the_conversion_has_a_finite_slope_everywhere(value):
    """A cube root is vertical at 0; a naive `where` around it turns the gradient of black into NaN."""
    rgb = np.full((1, 3), value, "float32")
    gradient = _gradient(lambda x: ops.sum(color.lab_to_rgb(color.rgb_to_lab(x)) ** 2), rgb)
    assert np.isfinite(gradient).all()


def test_the_gradient_is_the_slope():
    rgb = np.array([[0.2, 0.5, 0.7]], "float32")
    gradient = _gradient(lambda x: ops.sum(color.rgb_to_lab(x)[..., 1]), rgb)
    steps = 1e-3 * np.eye(3)
    slope = [(color.rgb_to_lab(rgb + s)[0, 1] - color.rgb_to_lab(rgb - s)[0, 1]) / 2e-3 for s in steps]
    np.testing.assert_allclose(gradient[0], slope, rtol=1e-2)


def _gradient(function, x):
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(function)(x))
    import tensorflow as tf

    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x).numpy()


def test_scaling_there_and_back():
    lab = color.rgb_to_lab(random_image())
    lightness, chroma = color.lightness_of(lab), color.chroma_of(lab)
    assert lightness.shape == (64, 64, 1) and chroma.shape == (64, 64, 2)
    assert lightness.min() >= -1 and lightness.max() <= 1
    assert chroma.min() >= 0 and chroma.max() <= 1
    np.testing.assert_allclose(color.lab_of(lightness, chroma), lab, atol=1e-4)


def test_black_white_and_grey_land_where_the_convention_says():
    lab = color.rgb_to_lab(np.array([[[0, 0, 0], [255, 255, 255], [119, 119, 119]]], "uint8"))
    np.testing.assert_allclose(color.lightness_of(lab)[0, :, 0], [-1, 1, 0], atol=2e-3)
    np.testing.assert_allclose(color.chroma_of(lab), color.GREY, atol=1e-4)


@pytest.mark.parametrize("convert", [np.asarray, ops.convert_to_tensor])
def test_halving_is_a_box_average(convert):
    image = np.random.default_rng(2).random((3, 8, 6, 2)).astype("float32")
    corners = image[:, ::2, ::2], image[:, 1::2, ::2], image[:, ::2, 1::2], image[:, 1::2, 1::2]
    np.testing.assert_allclose(ops.convert_to_numpy(color.halved(convert(image))), sum(corners) / 4, rtol=1e-6)


def test_photographs_are_encoded_alike_as_arrays_and_as_tensors():
    rgb = np.random.default_rng(3).integers(0, 256, (2, 8, 8, 3), "uint8")
    for array, tensor in zip(color.encode(rgb), color.encode(ops.convert_to_tensor(rgb)), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(tensor), array, atol=1e-5)


def test_an_odd_image_cannot_be_halved():
    with pytest.raises(ValueError, match="5x4"):
        color.halved(np.zeros((5, 4, 2)))


def test_half_resolution_chroma_keeps_lightness_and_nearly_all_color(pocket):
    rgb = pocket.images[:8]
    lightness, chroma = color.encode(rgb)
    assert lightness.shape == (8, 144, 144, 1) and chroma.shape == (8, 72, 72, 2)
    decoded = color.decode(lightness, chroma)
    assert decoded.dtype == np.uint8
    error = decoded.astype(float) - rgb
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 36  # dB: far above any colorizer


@pytest.mark.parametrize("size", [(128, 128), (85, 128), (300, 200), (64, 700)])
@pytest.mark.parametrize("smooth", [True, False])
def test_enlarging_agrees_with_keras(size, smooth):
    """Within 0.0013 Lab units, for a network's a and b and for noise of the whole range."""
    shape = (3, 8, 8, 2) if smooth else (3, 64, 64, 2)
    chroma = np.random.default_rng(4).random(shape).astype("float32")
    if smooth:
        chroma = ops.convert_to_numpy(ops.image.resize(chroma, (64, 64), interpolation="bicubic"))
    enlarged = color.enlarged(chroma, size)
    assert enlarged.dtype == np.float32 and enlarged.shape == (3, *size, 2)
    reference = ops.image.resize(chroma, size, interpolation="bilinear")
    assert 255 * np.abs(enlarged - ops.convert_to_numpy(reference)).max() < 0.0013
    np.testing.assert_array_equal(color.enlarged(chroma[0], size), enlarged[0])  # one image alone


def test_a_side_that_becomes_smaller_leaves_nothing_out():
    """Stripes of one pixel become their mean, not other stripes."""
    stripes = np.tile(np.array([0, 1], "float32")[:, None, None], (32, 64, 2))
    assert np.abs(color.enlarged(stripes, (16, 128))[2:-2] - 0.5).max() < 0.01


def test_mean_chroma_of_grey_is_zero_and_of_red_is_not():
    grey, red = np.full((2, 4, 4, 3), 90, "uint8")
    red[..., 0] = 255
    chroma = color.mean_chroma(color.rgb_to_lab(np.stack([grey, red])))
    assert chroma[0] < 0.1 and chroma[1] > 50
