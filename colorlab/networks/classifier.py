"""Colorization as classification: the write-up's network, predicting a probability for each bin of colours.

Source: Zhang, Isola, Efros 2016, "Colorful Image Colorization". bins.py explains what bins are, and how a colour is
encoded as bins and decoded again. All networks up to the fusion, the trunk, are those of colorizer.py.
"""

import numpy as np

from colorlab.base.backend import keras, ops
from colorlab.base.errors import BadInput
from colorlab.networks import bins, colorizer
from colorlab.networks.layers import convolution
from colorlab.networks.tables import DEPTH, SCENES

layers = keras.layers


def classifier(depth=DEPTH, scenes=SCENES):
    """Build the network for training: lightness (N, 128, 128, 1) -> {"chroma": logits (N, 32, 32, 261), "scene": …}.

    The logits are those of the bins; "scene" is (N, scenes). `as_colorizer` turns the network into a colorizer.
    """
    lightness = keras.Input((128, 128, 1), name="lightness")
    low = colorizer.low_level(lightness, depth)
    for_classification, y_global = colorizer.global_features(low, depth)
    fused = colorizer.fusion(y_global, colorizer.mid_level(low, depth), depth)
    outputs = {
        "chroma": colorization(fused, depth),
        "scene": colorizer.classification(for_classification, scenes, depth),
    }
    return keras.Model(lightness, outputs, name="classifier")


def colorization(fused, depth=DEPTH):
    """(32, 32, 4 depth) -> logits (32, 32, 261), at a quarter of the photograph's resolution as in the paper.

    The widths of the layers are our choice.
    """
    x = convolution(fused, 2 * depth, "colorization_1")
    x = convolution(x, 2 * depth, "colorization_2")
    x = layers.Conv2D(len(bins.centres()), 1, kernel_initializer="lecun_normal", name="colorization_3")(x)
    return layers.Activation("linear", dtype="float32", name="logits")(x)


def take_trunk(model, other) -> None:
    """Copy the weights of another model into all networks of this one but the colorization."""
    for layer in model.layers:
        if not layer.name.startswith(("colorization", "logits")):
            layer.set_weights(other.get_layer(layer.name).get_weights())


def has_trunk(model, other) -> bool:
    """Whether a classifier's networks up to the fusion have the weights of another model."""
    names = [layer.name for layer in model.layers if not layer.name.startswith(("colorization", "logits"))]
    pairs = ((model.get_layer(name).get_weights(), other.get_layer(name).get_weights()) for name in names)
    return all(
        np.allclose(ours, theirs, atol=1e-3) for one, two in pairs for ours, theirs in zip(one, two, strict=True)
    )


def head_of(model):
    """Return the layers after a classifier's fusion as a model of their own, which shares their weights."""
    return keras.Model(model.get_layer("fusion_1_relu").output, model.get_layer("logits").output)


def as_colorizer(model, temperature: float = bins.TEMPERATURE, taken_back: float = bins.TAKEN_BACK):
    """Return a colorizer of a classifier's layers: {"chroma": (N, 64, 64, 2) in [0, 1], "scene": (N, scenes)}.

    taken_back : the share of the class rebalancing that its predictions take back: 0 as in the paper, or up to 1, where
        colours are as probable as they are common. The weights of the bins in training are `model.rarity`. A model
        without that attribute counts as not rebalanced.
    """
    if not temperature > 0:
        raise BadInput(f"a temperature of {temperature} is not possible: give a number above 0")
    rarity = getattr(model, "rarity", np.ones(len(bins.centres())))
    chroma = AnnealedMean(temperature, rarity**taken_back, name="chroma")(model.get_layer("logits").output)
    answer = colorizer.Colorizer(
        model.input, {"chroma": chroma, "scene": model.get_layer("scene").output}, name=model.name
    )
    answer.rarity = rarity
    return answer


class AnnealedMean(layers.Layer):
    """Logits of the bins (N, H, W, 261) -> chroma (N, 2 H, 2 W, 2) in [0, 1]: bins.annealed_mean, enlarged.

    The probabilities are first divided by `rarity` (261,).
    """

    def __init__(self, temperature, rarity, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.temperature, self.rarity = temperature, np.asarray(rarity)
        self.less = np.log(self.rarity).astype("float32")

    def get_config(self):
        return super().get_config() | {"temperature": self.temperature, "rarity": self.rarity.tolist()}

    def call(self, logits):
        chroma = bins.annealed_mean(logits - self.less, self.temperature)
        # This enlarges bilinearly: repeat each value, then average neighbours twice. Keras's resize wants known sizes.
        chroma = ops.repeat(ops.repeat(chroma, 2, axis=1), 2, axis=2)
        chroma = ops.pad(chroma, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
        return ops.average_pool(ops.average_pool(chroma, 2, strides=1), 2, strides=1)
