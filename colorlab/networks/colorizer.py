"""The six networks of the write-up and the model of all six. Read each function beside its table (tables.py).

Every layer is a 3x3 convolution ("same" padding) or fully connected. Weights start with a standard deviation of
1/sqrt(fan-in), biases at zero. Batch normalization and ReLU follow. Only the two outputs differ: chroma goes through a
sigmoid, the scene stays logits, and neither is batch-normalised, so that both can take any value (our choice; the
authors' program normalises its chroma output, see notebook 06).

`depth` is the number of channels of the first layer, 64 in the tables. Every other width is a multiple or a fraction
of it.
"""

from functools import lru_cache

import numpy as np

from colorlab.base.backend import keras
from colorlab.networks.layers import Fusion, convolution, dense, normalised
from colorlab.networks.tables import DEPTH, SCENES

layers = keras.layers

# The last layer of each network in the model.
OUTPUTS = {
    "low_level": "low_level_4_relu",
    "mid_level": "mid_level_2_relu",
    "global_features": "global_features_7_relu",
    "fusion": "fusion_1_relu",
    "colorization": "chroma",
    "classification": "scene",
}


def low_level(lightness, depth=DEPTH):
    """Edges and textures: lightness (128, 128, 1) -> (32, 32, 4 depth). Table I; strides take the place of pooling."""
    x = convolution(lightness, depth, "low_level_1", stride=2)
    x = convolution(x, 2 * depth, "low_level_2")
    x = convolution(x, 2 * depth, "low_level_3", stride=2)
    return convolution(x, 4 * depth, "low_level_4")


def mid_level(low, depth=DEPTH):
    """What is where: (32, 32, 4 depth) -> (32, 32, 2 depth). Table II."""
    x = convolution(low, 4 * depth, "mid_level_1")
    return convolution(x, 2 * depth, "mid_level_2")


def global_features(low, depth=DEPTH):
    """What kind of picture this is: (32, 32, 4 depth) -> its last two layers, (4 depth) and (2 depth). Table III."""
    x = convolution(low, 4 * depth, "global_features_1", stride=2)
    x = convolution(x, 4 * depth, "global_features_2")
    x = convolution(x, 4 * depth, "global_features_3", stride=2)
    x = convolution(x, 4 * depth, "global_features_4")
    x = layers.Flatten(name="global_features_flat")(x)
    x = dense(x, 8 * depth, "global_features_5")
    for_classification = dense(x, 4 * depth, "global_features_6")
    return for_classification, dense(for_classification, 2 * depth, "global_features_7")


def fusion(y_global, y_mid, depth=DEPTH):
    """Tell every place what kind of picture it is in: (2 depth), (32, 32, 2 depth) -> (32, 32, 4 depth). Table IV."""
    return normalised(Fusion(4 * depth, name="fusion_1")(y_global, y_mid), "fusion_1")


def colorization(fused, depth=DEPTH):
    """(32, 32, 4 depth) -> chroma (64, 64, 2) in [0, 1]. Table IV."""
    x = convolution(fused, 2 * depth, "colorization_1")
    x = convolution(x, depth, "colorization_2")
    x = layers.UpSampling2D(interpolation="nearest", name="colorization_3")(x)
    x = convolution(x, depth // 2, "colorization_4")
    x = layers.Conv2D(2, 3, padding="same", kernel_initializer="lecun_normal", name="colorization_5")(x)
    return layers.Activation("sigmoid", dtype="float32", name="chroma")(x)


def classification(y_global, scenes=SCENES, depth=DEPTH):
    """(4 depth) -> one logit for each scene; their softmax is in the loss. Table V."""
    x = dense(y_global, 4 * depth, "classification_1")
    x = layers.Dense(scenes, kernel_initializer="lecun_normal", name="classification_2")(x)
    return layers.Activation("linear", dtype="float32", name="scene")(x)


def colorizer(depth=DEPTH, scenes=SCENES):
    """Build all six as one model: lightness (N, 128, 128, 1) -> {"chroma": (N, 64, 64, 2), "scene": (N, scenes)}.

    At depth 64 with 100 scenes it has 12,861,190 weights and biases, and 14,464 numbers of the batch normalizations.
    """
    lightness = keras.Input((128, 128, 1), name="lightness")
    low = low_level(lightness, depth)
    for_classification, y_global = global_features(low, depth)
    fused = fusion(y_global, mid_level(low, depth), depth)
    outputs = {
        "chroma": colorization(fused, depth),
        "scene": classification(for_classification, scenes, depth),
    }
    return Colorizer(lightness, outputs, name="colorizer")


def set_output_bias(model, mean_chroma) -> None:
    """Make an untrained colorizer predict about this chroma (2,) in (0, 1) everywhere (our choice).

    The logit of the chroma becomes the bias of the last convolution, so that training need not find it first.
    """
    mean = np.asarray(mean_chroma, dtype="float32")
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    last = [layer for layer in convolutions if layer.name.startswith("colorization")][-1]
    if last.use_bias:
        last.bias.assign(np.log(mean / (1 - mean)))


class Colorizer(keras.Model):
    """A Keras model with what painting/network.py needs of a colorizer."""

    @property
    def side(self) -> int:
        """The side in pixels at which the low-level network sees a photograph: 128, or Iizuka's 224."""
        return self.get_layer("low_level_1").input.shape[1]

    def predict_on_pair(self, local, whole) -> np.ndarray:
        """Predict the chroma of photographs with the global features of others: see `with_two_inputs`.

        local : lightness (N, H, W, 1), H and W multiples of 8. whole : lightness (N, 128, 128, 1).

        Returns (N, H/2, W/2, 2) in [0, 1].
        """
        model = with_two_inputs(self)
        if local.shape[1:] == whole.shape[1:]:  # compiling pays where all photographs have one size
            return np.asarray(model.predict_on_batch([local, whole]))
        # In training mode, a call would normalise by the photograph itself, and change the population statistics.
        return np.asarray(model([local, whole], training=False))


def features(model, network):
    """Return the part of a colorizer up to the output of one of its networks, a key of OUTPUTS."""
    return keras.Model(model.input, model.get_layer(OUTPUTS[network]).output, name=network)


@lru_cache(maxsize=1)  # it is called again and again with the same model
def with_two_inputs(model):
    """Return a colorizer that takes its global features from another size of the photograph, or another photograph.

    It shares all layers and weights with `model`. It turns [lightness (N, H, W, 1), lightness (N, 128, 128, 1)] into
    chroma (N, H/2, W/2, 2), where H and W are multiples of 8. The second input goes through the low-level network and
    the global features, whose dense layers need a fixed size. The first goes through all other networks, which take any
    size. Iizuka et al. 2016, sections 3.2.1 (two sizes share the low-level weights) and 5.5 (global features of another
    photograph).
    """
    local = keras.Input((None, None, 1), name="lightness")
    whole = keras.Input((128, 128, 1), name="lightness_of_the_whole")
    seen = _through(model, "enlarged", whole)  # only the network of iizuka.py has this layer
    y_global = _through(model, "global_features", _through(model, "low_level", seen))
    y_mid = _through(model, "mid_level", _through(model, "low_level", local))
    fused = model.get_layer("fusion_1")(y_global, y_mid)
    fused = model.get_layer("fusion_1_relu")(model.get_layer("fusion_1_norm")(fused))
    chroma = model.get_layer("chroma")(_through(model, "colorization", fused))
    return keras.Model([local, whole], chroma, name="colorizer_with_two_inputs")


def _through(model, network, x):
    """Pass x through the layers of one network, which form a chain."""
    for layer in model.layers:
        if layer.name.startswith(network):
            x = layer(x)
    return x
