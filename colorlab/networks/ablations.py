"""The network with one part taken away, to see what this part is good for (notebook 12, report/ablations.py).

Every function takes depth and scenes, as `colorizer.colorizer` does, so `training.loop.train` can train its network. A
run records the function's name. Which parts these are, and how, is our choice; the write-up has no ablations.
"""

from colorlab.base.backend import keras
from colorlab.networks import colorizer

EARLY_SPREAD = 0.1  # the standard deviation of all first weights in an early version of the authors' program


def without_normalization(depth, scenes):
    """Freeze every batch normalization as new (scale 1, offset 0, mean 0, variance 1), so that it does nothing.

    Frozen, it uses its population statistics in training, too.
    """
    model = colorizer.colorizer(depth, scenes)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return model


def without_first_weights(depth, scenes):
    """Draw every first weight with the standard deviation EARLY_SPREAD, whatever its fan-in."""
    model = colorizer.colorizer(depth, scenes)
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(keras.random.normal(layer.kernel.shape, stddev=EARLY_SPREAD))
    return model


def without_global_features(depth, scenes):
    """Hand zeros to the fusion in place of the global features. The scene is still told from them."""
    lightness = keras.Input((128, 128, 1), name="lightness")
    low = colorizer.low_level(lightness, depth)
    for_classification, y_global = colorizer.global_features(low, depth)
    nothing = keras.layers.Rescaling(0.0, name="nothing")(y_global)
    fused = colorizer.fusion(nothing, colorizer.mid_level(low, depth), depth)
    chroma = colorizer.colorization(fused, depth)
    scene = colorizer.classification(for_classification, scenes, depth)
    return keras.Model(lightness, {"chroma": chroma, "scene": scene}, name="without_global_features")


WITHOUT = {  # what is taken away -> the network
    "nothing": colorizer.colorizer,
    "normalization": without_normalization,
    "first weights": without_first_weights,
    "global features": without_global_features,
    "scene loss": colorizer.colorizer,  # see alpha_without
}


def alpha_without(part: str, alpha: float) -> float:
    """Return the weight of the scene loss in a training without a part: 0 without the scene loss, and else alpha."""
    return 0.0 if part == "scene loss" else alpha
