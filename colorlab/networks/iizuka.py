"""The original that the write-up scaled down: Iizuka, Simo-Serra, Ishikawa 2016, "Let there be Color!", for 224x224.

It has the same building blocks (layers.py), but three more convolutions, and it is twice as wide at its widest. These
are its tables for depth 64. Every layer is a 3x3 convolution except the fully connected ones and the fusion:

    low-level        224x224x1 -> 64 (stride 2) -> 128 -> 128 (2) -> 256 -> 256 (2) -> 28x28x512
    mid-level        -> 512 -> 28x28x256
    global features  -> 512 (2) -> 512 -> 512 (2) -> 7x7x512; fully connected 1024 -> 512 -> 256
    classification   from the 512: 256 -> scenes
    fusion           [256 ; 256] -> 28x28x256
    colorization     -> 128, upsample, 64, 64, upsample, 32 -> 112x112x2

This follows the paper. The model that its authors published differs in two ways. Its fusion is a 3x3 convolution over
all 512 channels, which makes 43.4 million parameters in all. Its output y means ab = 100 (2 y - 1), and ours
ab = 255 y - 128.
"""

from colorlab.base.backend import keras
from colorlab.networks import colorizer
from colorlab.networks.layers import convolution, dense
from colorlab.networks.tables import DEPTH, SCENES

layers = keras.layers

SIDE = 224


def iizuka(depth=DEPTH, scenes=SCENES):
    """Build it as a colorizer: lightness (N, 128, 128, 1) -> {"chroma": (N, 64, 64, 2), "scene": (N, scenes)}.

    Our photographs have 128 pixels a side. They are enlarged to 224, and the 112x112 of chroma are reduced to 64x64.
    `colorizer.with_two_inputs` leaves both steps out: it takes any size and returns half of that, as in the paper.
    """
    lightness = keras.Input((128, 128, 1), name="lightness")
    low = low_level(layers.Resizing(SIDE, SIDE, dtype="float32", name="enlarged")(lightness), depth)
    for_classification, y_global = global_features(low, depth)
    fused = colorizer.fusion(y_global, mid_level(low, depth), depth)
    reduced = layers.Resizing(64, 64, antialias=True, dtype="float32", name="reduced")
    outputs = {
        "chroma": reduced(colorization(fused, depth)),
        "scene": colorizer.classification(for_classification, scenes, depth),
    }
    return colorizer.Colorizer(lightness, outputs, name="iizuka")


def low_level(lightness, depth=DEPTH):
    """Lightness (224, 224, 1) -> (28, 28, 8 depth)."""
    x = lightness
    for number, (channels, stride) in enumerate(((1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1)), start=1):
        x = convolution(x, channels * depth, f"low_level_{number}", stride)
    return x


def mid_level(low, depth=DEPTH):
    """(28, 28, 8 depth) -> (28, 28, 4 depth)."""
    return convolution(convolution(low, 8 * depth, "mid_level_1"), 4 * depth, "mid_level_2")


def global_features(low, depth=DEPTH):
    """(28, 28, 8 depth) -> the outputs of its last two layers, (8 depth) and (4 depth)."""
    x = low
    for number, stride in enumerate((2, 1, 2, 1), start=1):
        x = convolution(x, 8 * depth, f"global_features_{number}", stride)
    x = layers.Flatten(name="global_features_flat")(x)
    x = dense(x, 16 * depth, "global_features_5")
    for_classification = dense(x, 8 * depth, "global_features_6")
    return for_classification, dense(for_classification, 4 * depth, "global_features_7")


def colorization(fused, depth=DEPTH):
    """(28, 28, 4 depth) -> chroma (112, 112, 2) in [0, 1]."""
    x = convolution(fused, 2 * depth, "colorization_1")
    x = layers.UpSampling2D(interpolation="nearest", name="colorization_2")(x)
    x = convolution(x, depth, "colorization_3")
    x = convolution(x, depth, "colorization_4")
    x = layers.UpSampling2D(interpolation="nearest", name="colorization_5")(x)
    x = convolution(x, depth // 2, "colorization_6")
    x = layers.Conv2D(2, 3, padding="same", kernel_initializer="lecun_normal", name="colorization_7")(x)
    return layers.Activation("sigmoid", dtype="float32", name="chroma")(x)
