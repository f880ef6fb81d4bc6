"""Colour: RGB <-> CIE Lab, and Lab <-> the scaled tensors that the network sees and predicts.

Each conversion is written once. It runs on NumPy arrays, which is fastest in the threads that load photographs, and on
the tensors of any Keras backend, where it can be part of a compiled graph and be differentiated. This works because
`keras.ops` names its functions as NumPy does. NumPy in gives NumPy out.

All results agree with `skimage.color`: sRGB, D65 white, 2 degree observer (IEC 61966-2-1; CIE 15).
"""

import numpy as np
from PIL import Image

from colorlab.base.errors import BadInput

# Linear RGB -> XYZ for the sRGB primaries, and the XYZ of the D65 white: skimage.color's own constants.
XYZ_FROM_RGB = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])

IMAGE_SIZE = 128  # pixels a side, the only size that the write-up's networks take
GREY = 128 / 255  # the scaled chroma of every grey: a = b = 0

# Linear RGB -> X/Xw, Y/Yw, Z/Zw and back. The matrices contain the division by the white point.
_WHITE_FROM_RGB = (XYZ_FROM_RGB / WHITE[:, None]).T.astype("float32")
_RGB_FROM_WHITE = (np.linalg.inv(XYZ_FROM_RGB) * WHITE).T.astype("float32")

# Lab is linear near black and a cube root elsewhere. These constants say where and how the two meet.
_T = np.float32(0.008856)
_SLOPE = np.float32(7.787)
_OFFSET = np.float32(16 / 116)


def namespace_of(array):
    """Return `numpy` for an array and `keras.ops` for a tensor. Their functions have the same names.

    Keras is imported only for a tensor: a program that has one has imported Keras already.
    """
    if isinstance(array, np.ndarray | np.generic):
        return np
    from colorlab.base.backend import ops

    return ops


def _linear_light(rgb):
    """sRGB in [0, 1] -> linear light in [0, 1], which is proportional to the number of photons (IEC 61966-2-1)."""
    xp = namespace_of(rgb)
    return xp.where(rgb > 0.04045, ((xp.maximum(rgb, 0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92)


def _mixed(channels, matrix):
    """Multiply channels (..., 3) by a matrix (3, 3), in full float32 on every device.

    An NVIDIA GPU would multiply float32 matrices in TF32, with 10 bits after the point. That is an error of half a Lab
    unit, so tensors are multiplied channel by channel.
    """
    if isinstance(channels, np.ndarray):
        return channels @ matrix
    return sum(channels[..., i, None] * matrix[i] for i in range(3))


# A byte has only 256 values, so its linear light is looked up in a table instead of being computed for each pixel.
LINEAR_LIGHT_OF_BYTE = _linear_light(np.arange(256) / 255).astype("float32")


def rgb_to_lab(rgb):
    """Convert sRGB to CIE Lab.

    rgb : array or tensor (..., 3), uint8 in [0, 255] or floating point in [0, 1].

    Returns lab, floating point (..., 3): L in [0, 100], a about [-86, 98], b about [-108, 95]. It can be differentiated
    everywhere, also at black and where two formulas meet. Source: CIE 15; equal to `skimage.color.rgb2lab`.
    """
    xp = namespace_of(rgb)
    if "uint8" in str(rgb.dtype):  # NumPy and JAX write "uint8", TensorFlow "<dtype: 'uint8'>"
        linear = xp.take(xp.array(LINEAR_LIGHT_OF_BYTE), xp.array(rgb, dtype="int32"))
    else:
        linear = _linear_light(rgb)
    xyz = _mixed(linear, _WHITE_FROM_RGB)
    # `where` computes both branches. The cube root is kept away from 0, where its infinite slope would make NaNs.
    f = xp.where(xyz > _T, xp.cbrt(xp.maximum(xyz, _T)), _SLOPE * xyz + _OFFSET)
    fx, fy, fz = f[..., 0], f[..., 1], f[..., 2]
    return xp.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def lab_to_rgb(lab):
    """Convert CIE Lab to sRGB. Colours outside of the sRGB gamut are clipped.

    lab : floating-point array or tensor (..., 3), Lab units.

    Returns rgb, floating point (..., 3) in [0, 1]. `to_uint8` turns it into bytes. Source: CIE 15; equal to
    `skimage.color.lab2rgb`.
    """
    return namespace_of(lab).clip(unclipped_rgb(lab), 0, 1)


def unclipped_rgb(lab):
    """Convert CIE Lab to sRGB without a clip: below 0 or above 1 where a colour is outside of the sRGB gamut.

    lab : floating-point array or tensor (..., 3), Lab units. Returns rgb, floating point (..., 3). Source: CIE 15.

    This is for measuring. A cast of such numbers to bytes overflows (notebook 01): paint with `lab_to_rgb`.
    """
    xp = namespace_of(lab)
    fy = (lab[..., 0] + 16) / 116
    f = xp.stack([fy + lab[..., 1] / 500, fy, xp.maximum(fy - lab[..., 2] / 200, 0)], axis=-1)
    xyz = xp.where(f > np.float32(0.2068966), f * f * f, (f - _OFFSET) / _SLOPE)
    linear = _mixed(xyz, _RGB_FROM_WHITE)
    gamma = 1.055 * xp.maximum(linear, np.float32(0.0031308)) ** np.float32(1 / 2.4) - 0.055
    return xp.where(linear > 0.0031308, gamma, 12.92 * linear)


def to_uint8(rgb):
    """sRGB in [0, 1], NumPy floating point (..., 3) -> uint8, clipped and rounded to the nearest value."""
    return (np.clip(rgb, 0, 1) * 255 + 0.5).astype("uint8")


def lightness_of(lab):
    """Lab (..., H, W, 3) -> the network's input: lightness (..., H, W, 1), L/50 - 1, in [-1, 1]."""
    return lab[..., :1] / 50 - 1


def chroma_of(lab):
    """Lab (..., 3) -> chroma (..., 2): (ab + 128)/255. a and b of the sRGB gamut become 0.08 to 0.89."""
    return (lab[..., 1:] + 128) / 255


def ab_of(chroma):
    """Chroma (..., 2) in [0, 1] -> a and b (..., 2) in Lab units."""
    return chroma * 255 - 128


def lab_of(lightness, chroma):
    """Lightness (..., H, W, 1) in [-1, 1] and chroma (..., H, W, 2) in [0, 1] -> Lab (..., H, W, 3)."""
    xp = namespace_of(chroma)
    return xp.concatenate([(lightness + 1) * 50, ab_of(chroma)], axis=-1)


def halved(image):
    """Return the mean of each 2x2 square: (..., H, W, C) -> (..., H/2, W/2, C). H and W are even.

    The write-up subsamples chroma to half resolution. The mean loses less than taking every second sample: enlarged
    bilinearly again, the shipped photographs have 38.9 dB against 37.0 dB (notebook 01).
    """
    *batch, height, width, channels = image.shape
    if height % 2 or width % 2:
        raise ValueError(f"an image of {height}x{width} cannot be halved: both sides must be even")
    batch = [-1 if n is None else n for n in batch]  # while a graph is traced, the batch size is unknown
    xp = namespace_of(image)
    squares = xp.reshape(image, (*batch, height // 2, 2, width // 2, 2, channels))
    return xp.mean(squares, axis=(-4, -2))


def encode(rgb):
    """Turn photographs into what the network sees and what it should predict.

    rgb (..., H, W, 3), uint8 or floating point in [0, 1] -> lightness (..., H, W, 1) in [-1, 1] and
    chroma (..., H/2, W/2, 2) in [0, 1].
    """
    lab = rgb_to_lab(rgb)
    return lightness_of(lab), chroma_of(halved(lab))


def saturated(chroma, factor):
    """Move chroma (..., 2) to `factor` times its distance from grey, clipped to [0, 1]. 0 gives grey, 1 the same."""
    check_saturation(factor)
    return np.clip(GREY + factor * (chroma - GREY), 0, 1, dtype="float32")


def check_saturation(factor) -> None:
    """Raise BadInput if colours cannot be made `factor` times as strong."""
    if not 0 <= factor < np.inf:
        raise BadInput(f"a saturation of {factor} is not possible: give a number, 0 or more")


def mean_chroma(lab):
    """The mean distance from grey, sqrt(a^2 + b^2), of images in Lab: (..., H, W, 3) -> (...) Lab units."""
    return np.mean(np.hypot(lab[..., 1], lab[..., 2]), axis=(-2, -1))


def enlarged(image, size):
    """Enlarge images (..., h, w, C) bilinearly to a size (H, W): float32 (..., H, W, C). NumPy in, NumPy out.

    Pillow does the work. For a network's a and b it differs from `keras.ops.image.resize` by 0.0013 Lab units at most.
    A side that becomes smaller is averaged, while Keras leaves samples out.
    """
    image = np.asarray(image, dtype="float32")
    *batch, height, width, channels = image.shape
    planes = np.moveaxis(image, -1, -3).reshape(-1, height, width)
    # Pillow takes the width before the height.
    resized = [np.asarray(Image.fromarray(plane).resize(size[::-1], Image.Resampling.BILINEAR)) for plane in planes]
    return np.moveaxis(np.reshape(resized, (*batch, channels, *size)), -3, -1)


def decode(lightness, chroma):
    """Join a lightness and a chroma to photographs. NumPy in, NumPy out.

    lightness : (N, H, W, 1) in [-1, 1].
    chroma : (N, h, w, 2) in [0, 1]. It is enlarged bilinearly to the size of the lightness.

    Returns rgb uint8 (N, H, W, 3).
    """
    lightness = np.asarray(lightness)
    return to_uint8(lab_to_rgb(lab_of(lightness, enlarged(chroma, lightness.shape[1:3]))))
