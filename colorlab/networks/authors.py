"""The network as the write-up's authors built it, and how their program used it at test time (their network.py).

Notebook 11 explains both.
"""

import numpy as np

from colorlab.base.backend import keras, ops
from colorlab.networks.colorizer import classification, global_features, low_level, mid_level
from colorlab.networks.layers import BatchNormalization, convolution

# The layers on the way from lightness to colour that are followed by a normalization.
WAY = ["low_level_1", "low_level_2", "low_level_3", "low_level_4", "mid_level_1", "mid_level_2"]
WAY += ["fusion_1", "colorization_1", "colorization_2", "colorization_4"]


class SideBySide(keras.layers.Layer):
    """Concatenate y_global (N, G), repeated at every place, and y_mid (N, H, W, M) -> (N, H, W, G + M)."""

    def call(self, y_global, y_mid):
        everywhere = ops.broadcast_to(y_global[:, None, None, :], (*ops.shape(y_mid)[:3], y_global.shape[-1]))
        return ops.concatenate([everywhere, y_mid], axis=-1)


def authors_network(depth, scenes):
    """Build the write-up's network as its authors' program builds it for training.

    It differs from `colorizer.colorizer` in two places: the fusion has no weights of its own, and the chroma is
    batch-normalised before its sigmoid.
    """
    lightness = keras.Input((128, 128, 1), name="lightness")
    low = low_level(lightness, depth)
    for_classification, y_global = global_features(low, depth)
    fused = SideBySide(name="fusion_1")(y_global, mid_level(low, depth))
    x = convolution(fused, 2 * depth, "colorization_1")
    x = convolution(x, depth, "colorization_2")
    x = keras.layers.UpSampling2D(interpolation="nearest", name="colorization_3")(x)
    x = convolution(x, depth // 2, "colorization_4")
    # No bias: the normalization after it would take it away, and their program leaves it at zero.
    x = keras.layers.Conv2D(
        2, 3, padding="same", use_bias=False, kernel_initializer="lecun_normal", name="colorization_5"
    )(x)
    x = BatchNormalization(momentum=0.95, name="colorization_5_norm")(x)
    chroma = keras.layers.Activation("sigmoid", dtype="float32", name="chroma")(x)
    scene = classification(for_classification, scenes, depth)
    return keras.Model(lightness, {"chroma": chroma, "scene": scene}, name="authors_network")


def built_again(model, build):
    """Build the network as the authors' evaluation does: trained weights, but batch normalizations as at the start.

    build : a function without arguments that builds the network of `model` once more.
    """
    again = build()
    for layer in model.layers:
        if not isinstance(layer, keras.layers.BatchNormalization):
            again.get_layer(layer.name).set_weights(layer.get_weights())
    return again


def three_ways(model, build, lightness):
    """Run one network on lightness (N, 128, 128, 1) with three ways of batch normalization.

    build : see `built_again`.

    Returns {"batch statistics" | "population statistics" | "new variables": {each layer of WAY: the input of its ReLU,
    "logits": the input of the sigmoid, "chroma": (N, 64, 64, 2)}}.
    """
    models = {"batch statistics": model, "population statistics": model, "new variables": built_again(model, build)}
    trained, answers = model.get_weights(), {}
    for way, one in models.items():
        outputs = {layer.name: layer.output for layer in one.layers}
        watched = {name: outputs[f"{name}_norm"] for name in WAY if f"{name}_norm" in outputs}
        watched |= {"logits": one.get_layer("chroma").input, "chroma": outputs["chroma"]}
        values = keras.Model(one.input, watched)(lightness, training=way == "batch statistics")
        answers[way] = {name: np.asarray(value) for name, value in values.items()}
        model.set_weights(trained)  # a pass in training mode changes the population statistics
    return answers
