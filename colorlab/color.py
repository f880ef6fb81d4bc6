"""Colour: RGB <-> CIE Lab, and Lab <-> the scaled tensors that the network sees and predicts.

Each conversion is written once and runs on NumPy arrays (in the loader's threads, where it is fastest) and on
the tensors of any Keras backend (in a compiled graph, where it can be differentiated): `keras.ops` has NumPy's
names, so the only thing to choose is whose functions to call. What goes in as NumPy comes out as NumPy.

Everything agrees with `skimage.color`: sRGB, D65 white, 2 degree observer (IEC 61966-2-1; CIE 15).
"""

import numpy as np

from colorlab import BadInput
from colorlab.backend import keras, ops

# Linear RGB -> XYZ for the sRGB primaries, and the XYZ of the D65 white: skimage.color's own constants.
XYZ_FROM_RGB = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])

GREY = 128 / 255  # the scaled chroma of every grey: a = b = 0

# X/Xw, Y/Yw, Z/Zw -> linear RGB and back: the white point folded into the matrix.
_WHITE_FROM_RGB = (XYZ_FROM_RGB / WHITE[:, None]).T.astype("float32")
_RGB_FROM_WHITE = (np.linalg.inv(XYZ_FROM_RGB) * WHITE).T.astype("float32")

# Lab is linear near black, a cube root elsewhere; these constants are where the two meet.
_T = np.float32(0.008856)
_SLOPE = np.float32(7.787)
_OFFSET = np.float32(16 / 116)


def _namespace(array):
    """NumPy's functions for NumPy's arrays, keras.ops for tensors: the names are the same."""
    return np if isinstance(array, np.ndarray) else ops


def _linear_light(rgb):
    """sRGB in [0, 1] -> linear light in [0, 1]: what the numbers mean in photons (IEC 61966-2-1)."""
    xp = _namespace(rgb)
    return xp.where(rgb > 0.04045, ((xp.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92)


def _mixed(channels, matrix):
    """channels (..., 3) times matrix (3, 3), in float32 whatever the device.

    (An NVIDIA GPU multiplies float32 matrices in TF32, with 10 bits after the point: an error of half a Lab unit.)
    """
    if isinstance(channels, np.ndarray):
        return channels @ matrix
    return sum(channels[..., i, None] * matrix[i] for i in range(3))


# A byte can have only 256 values: look its linear light up instead of computing 256 powers again and again.
_LINEAR_LIGHT_OF_BYTE = _linear_light(np.arange(256) / 255).astype("float32")


def rgb_to_lab(rgb):
    """Convert sRGB to CIE Lab.

    Parameters
    ----------
    rgb : array or tensor (..., 3), uint8 in [0, 255] or floating point in [0, 1].

    Returns
    -------
    lab : floating point (..., 3); L in [0, 100], a about [-86, 98], b about [-108, 95].

    Differentiable everywhere, at black and at the joints too. Source: CIE 15; equal to `skimage.color.rgb2lab`.
    """
    xp = _namespace(rgb)
    if keras.backend.standardize_dtype(rgb.dtype) == "uint8":
        linear = xp.take(xp.array(_LINEAR_LIGHT_OF_BYTE), xp.array(rgb, dtype="int32"))
    else:
        linear = _linear_light(rgb)
    xyz = _mixed(linear, _WHITE_FROM_RGB)
    # The unused branch is kept away from 0, where the slope of a cube root is infinite and would make NaNs.
    f = xp.where(xyz > _T, xp.cbrt(xp.maximum(xyz, _T)), _SLOPE * xyz + _OFFSET)
    fx, fy, fz = f[..., 0], f[..., 1], f[..., 2]
    return xp.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def lab_to_rgb(lab):
    """Convert CIE Lab to sRGB, clipping to the gamut what the screen cannot show.

    Parameters
    ----------
    lab : floating-point array or tensor (..., 3), Lab units.

    Returns
    -------
    rgb : floating point (..., 3) in [0, 1]. `to_uint8` makes bytes of it.

    Source: CIE 15; equal to `skimage.color.lab2rgb`.
    """
    xp = _namespace(lab)
    fy = (lab[..., 0] + 16) / 116
    f = xp.stack([fy + lab[..., 1] / 500, fy, xp.maximum(fy - lab[..., 2] / 200, 0)], axis=-1)
    xyz = xp.where(f > np.float32(0.2068966), f * f * f, (f - _OFFSET) / _SLOPE)
    linear = xp.clip(_mixed(xyz, _RGB_FROM_WHITE), 0, 1)
    gamma = 1.055 * xp.maximum(linear, np.float32(0.0031308)) ** np.float32(1 / 2.4) - 0.055
    return xp.clip(xp.where(linear > 0.0031308, gamma, 12.92 * linear), 0, 1)


def to_uint8(rgb):
    """sRGB in [0, 1], NumPy float (..., 3) -> uint8, rounded to the nearest."""
    return (rgb * 255 + 0.5).astype("uint8")


def lightness_of(lab):
    """Lab (..., H, W, 3) -> the network's input: lightness (..., H, W, 1), L/50 - 1, in [-1, 1]."""
    return lab[..., :1] / 50 - 1


def chroma_of(lab):
    """Lab (..., 3) -> chroma (..., 2): (ab + 128)/255. [0, 1] holds all that 8 bits can; sRGB uses 0.08 to 0.89."""
    return (lab[..., 1:] + 128) / 255


def lab_of(lightness, chroma):
    """Lightness (..., H, W, 1) in [-1, 1] and chroma (..., H, W, 2) in [0, 1] -> Lab (..., H, W, 3)."""
    xp = _namespace(chroma)
    return xp.concatenate([(lightness + 1) * 50, chroma * 255 - 128], axis=-1)


def halved(image):
    """Box average: (..., H, W, C) -> (..., H/2, W/2, C), the mean of each 2x2 square; H and W even.

    The write-up subsamples chroma to half resolution; averaging loses less than taking every second sample
    (38.9 dB against 37.0 dB on the shipped photographs, enlarged bilinearly again: notebook 01).
    """
    *batch, height, width, channels = image.shape
    if height % 2 or width % 2:
        raise ValueError(f"an image of {height}x{width} cannot be halved: both sides must be even")
    batch = [-1 if n is None else n for n in batch]  # a batch of unknown size, while a graph is traced
    xp = _namespace(image)
    squares = xp.reshape(image, (*batch, height // 2, 2, width // 2, 2, channels))
    return xp.mean(squares, axis=(-4, -2))


def encode(rgb):
    """What the network sees and what it should answer.

    rgb (..., H, W, 3), uint8 or float in [0, 1] -> lightness (..., H, W, 1) in [-1, 1] and
    chroma (..., H/2, W/2, 2) in [0, 1].
    """
    lab = rgb_to_lab(rgb)
    return lightness_of(lab), chroma_of(halved(lab))


def saturated(chroma, factor):
    """Chroma (..., 2) in [0, 1], `factor` times as far from grey: 0 is grey, 1 changes nothing; clipped to [0, 1]."""
    if not 0 <= factor < np.inf:
        raise BadInput(f"a saturation of {factor} cannot be: give a number, 0 or more")
    return np.clip(GREY + factor * (chroma - GREY), 0, 1, dtype="float32")


def mean_chroma(lab):
    """How colourful an image is: the mean distance from grey, sqrt(a^2 + b^2), Lab units; (..., H, W, 3) -> (...)."""
    return np.mean(np.hypot(lab[..., 1], lab[..., 2]), axis=(-2, -1))


def decode(lightness, chroma):
    """The photograph that a lightness and a chroma make.

    lightness (N, H, W, 1) in [-1, 1], chroma (N, h, w, 2) in [0, 1] of any resolution, enlarged bilinearly to that
    of the lightness -> rgb (N, H, W, 3) uint8. NumPy in, NumPy out.
    """
    height, width = lightness.shape[1:3]
    chroma = np.asarray(ops.image.resize(chroma, (height, width), interpolation="bilinear"))
    return to_uint8(lab_to_rgb(lab_of(np.asarray(lightness), chroma)))
