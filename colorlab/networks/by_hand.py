"""The write-up's six networks in NumPy, without Keras and without ONNX Runtime: sums and products, line by line.

The layers are those of Tables I to V (tables.py), the numbers those of an ONNX file (export.py). A batch normalization
in use is a factor and an offset for each channel. In the file they are the scale of a kernel and what is added after
it. This is a second opinion: the tests hold Keras and ONNX Runtime to it.
"""

from pathlib import Path

import numpy as np
import onnx

from colorlab.networks.tables import TABLES

OUTPUTS = ("colorization_5", "classification_2")  # no ReLU follows them


def numbers_of(path: str | Path) -> dict[str, np.ndarray]:
    """Read the arrays of an ONNX file by their names, such as "low_level_1/kernel"."""
    return {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}


def answer(lightness: np.ndarray, numbers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Lightness (N, 128, 128, 1) in [-1, 1] -> {"chroma": (N, 64, 64, 2) in [0, 1], "scene": (N, scenes), logits}."""
    low = through("low_level", lightness, numbers)
    of_global = through("global_features", low[-1], numbers)
    fused = fusion(of_global[-1], through("mid_level", low[-1], numbers)[-1], numbers)
    chroma = through("colorization", fused, numbers)[-1]
    scene = through("classification", of_global[-2], numbers)[-1]  # from the layer before the last, as Table V says
    return {"chroma": 1 / (1 + np.exp(-chroma)), "scene": scene}


def through(network: str, x: np.ndarray, numbers: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Pass x through one network. Returns what each row of its table hands on."""
    handed_on = []
    for number, row in enumerate(TABLES[network], 1):
        name = f"{network}_{number}"
        if row.kind == "upsample":
            x = x.repeat(2, axis=1).repeat(2, axis=2)  # every number four times
        elif row.kind == "conv":
            x = convolution(x, kernel_of(name, numbers), row.stride) + numbers[f"{name}/offset"]
        else:
            flat = x.transpose(0, 3, 1, 2).reshape(len(x), -1) if x.ndim == 4 else x  # channel by channel
            x = flat @ kernel_of(name, numbers) + numbers[f"{name}/offset"]
        if row.kind != "upsample" and name not in OUTPUTS:
            x = np.maximum(x, 0)  # ReLU
        handed_on.append(x)
    return handed_on


def fusion(y_global: np.ndarray, y_mid: np.ndarray, numbers: dict[str, np.ndarray]) -> np.ndarray:
    """W [g ; m] = W_g g + W_m m at every place: (N, G), (N, h, w, M) -> (N, h, w, units)."""
    everywhere = y_global @ kernel_of("fusion_1/global", numbers) + numbers["fusion_1/offset"]
    return np.maximum(convolution(y_mid, kernel_of("fusion_1/mid", numbers)) + everywhere[:, None, None], 0)


def kernel_of(name: str, numbers: dict[str, np.ndarray]) -> np.ndarray:
    """The kernel of a layer. The file has whole numbers (large kernels) or float16, and a factor for each channel."""
    return numbers[f"{name}/kernel"].astype("float32") * numbers[f"{name}/scale"]


def convolution(x: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """Convolve (N, H, W, C) with a kernel (channels, C, size, size), zeros beyond the border.

    For each of the size x size taps, the image moved by so much is multiplied by the tap's matrix; their sum is the
    answer. Where the stride does not let the zeros be the same on both sides, there are more at the bottom and right.
    """
    size = kernel.shape[2]
    height, width = (-(-side // stride) for side in x.shape[1:3])
    missing = [
        max((out - 1) * stride + size - side, 0) for out, side in zip((height, width), x.shape[1:3], strict=True)
    ]
    x = np.pad(x, [(0, 0), *((zeros // 2, zeros - zeros // 2) for zeros in missing), (0, 0)])
    total = 0
    for dy in range(size):
        for dx in range(size):
            moved = x[:, dy : dy + stride * height : stride, dx : dx + stride * width : stride]
            total = total + moved[:, :height, :width] @ kernel[:, :, dy, dx].T
    return total
