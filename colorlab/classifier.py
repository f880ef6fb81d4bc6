"""Colorization as classification: the write-up's network with a probability for each bin of colours at its end.

Zhang, Isola, Efros 2016, "Colorful Image Colorization". What bins are, and how a colour becomes some of them and back,
stands in bins.py. Low-level, mid-level and global features and their fusion are those of networks.py.
"""

import numpy as np

from colorlab import BadInput, bins, networks
from colorlab.backend import keras, ops

layers = keras.layers


def classifier(depth=networks.DEPTH, scenes=networks.SCENES):
    """lightness (N, 128, 128, 1) -> {"chroma": logits of the bins (N, 32, 32, 261), "scene": (N, scenes)}: trained.

    `answering` makes a colorizer of it.
    """
    lightness = keras.Input((128, 128, 1), name="lightness")
    low = networks.low_level(lightness, depth)
    for_classification, y_global = networks.global_features(low, depth)
    fused = networks.fusion(y_global, networks.mid_level(low, depth), depth)
    outputs = {
        "chroma": colorization(fused, depth),
        "scene": networks.classification(for_classification, scenes, depth),
    }
    return keras.Model(lightness, outputs, name="classifier")


def colorization(fused, depth=networks.DEPTH):
    """(32, 32, 4 depth) -> logits (32, 32, 261): a quarter of the photograph's resolution, as in the paper.

    The width of its layers is our choice.
    """
    x = networks.convolution(fused, 2 * depth, "colorization_1")
    x = networks.convolution(x, 2 * depth, "colorization_2")
    x = layers.Conv2D(len(bins.centres()), 1, kernel_initializer="lecun_normal", name="colorization_3")(x)
    return layers.Activation("linear", dtype="float32", name="logits")(x)


def on_shipped_trunk(depth=networks.DEPTH, scenes=networks.SCENES):
    """A classifier whose networks up to the fusion are those of the weights that ship, and stay as they are.

    So it learns its last three layers only. Raises BadInput for another depth or number of scenes than theirs.
    """
    from colorlab import runs, weights  # which know this file

    trunk, names = weights.load(runs.find_weights())
    if (depth, scenes) != (trunk.get_layer("low_level_1").filters, len(names)):
        wanted = f"depth {trunk.get_layer('low_level_1').filters} and {len(names)} scenes, as the weights that ship"
        raise BadInput(f"this look is trained on networks of {wanted}; the recipe and data have {depth} and {scenes}")
    model = classifier(depth, scenes)
    take_trunk(model, trunk)
    for layer in model.layers:
        layer.trainable = layer.name.startswith("colorization")
    return model


def take_trunk(model, other) -> None:
    """Give a model the weights that another has in all networks but the colorization."""
    for layer in model.layers:
        if not layer.name.startswith(("colorization", "logits")):
            layer.set_weights(other.get_layer(layer.name).get_weights())


def has_trunk(model, other) -> bool:
    """Whether a classifier's networks up to the fusion are those of another model."""
    names = [layer.name for layer in model.layers if not layer.name.startswith(("colorization", "logits"))]
    pairs = ((model.get_layer(name).get_weights(), other.get_layer(name).get_weights()) for name in names)
    return all(
        np.allclose(ours, theirs, atol=1e-3) for one, two in pairs for ours, theirs in zip(one, two, strict=True)
    )


def head_of(model):
    """What a classifier has after the fusion: a model of its own, of the same layers."""
    return keras.Model(model.get_layer("fusion_1_relu").output, model.get_layer("logits").output)


def answering(model, temperature: float = bins.TEMPERATURE, taken_back: float = bins.TAKEN_BACK):
    """A colorizer of the same layers as a classifier: {"chroma": (N, 64, 64, 2) in [0, 1], "scene": (N, scenes)}.

    taken_back : how much of the class rebalancing is, where the model knows it (its attribute `rarity`, by which places
        counted in training): 0 as in the paper; 1 all, so that colours are as probable as they are common.
    """
    if not temperature > 0:
        raise BadInput(f"a temperature of {temperature} cannot be: give a number above 0")
    rarity = getattr(model, "rarity", np.ones(len(bins.centres())))
    chroma = AnnealedMean(temperature, rarity**taken_back, name="chroma")(model.get_layer("logits").output)
    answer = keras.Model(model.input, {"chroma": chroma, "scene": model.get_layer("scene").output}, name=model.name)
    answer.rarity = rarity
    return answer


class AnnealedMean(layers.Layer):
    """Logits of the bins (N, H, W, 261) -> chroma (N, 2 H, 2 W, 2) in [0, 1]: bins.annealed_mean, enlarged.

    The probabilities are divided by `rarity` (261,) before.
    """

    def __init__(self, temperature, rarity, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.temperature, self.rarity = temperature, np.asarray(rarity)
        self.less = np.log(self.rarity).astype("float32")

    def get_config(self):
        return super().get_config() | {"temperature": self.temperature, "rarity": self.rarity.tolist()}

    def call(self, logits):
        chroma = bins.annealed_mean(logits - self.less, self.temperature)
        # Enlarged bilinearly: each twice, and twice the means of neighbours. (Keras's resize wants known sizes.)
        chroma = ops.repeat(ops.repeat(chroma, 2, axis=1), 2, axis=2)
        chroma = ops.pad(chroma, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
        return ops.average_pool(ops.average_pool(chroma, 2, strides=1), 2, strides=1)


class Rebalanced(keras.losses.Loss):
    """Cross-entropy of the bins in nats, each place counted by how rare its true colour is.

    Summed over the places of an image, averaged over the batch. Zhang et al. 2016, eq. 2.

    y_true : chroma (N, 64, 64, 2) in [0, 1]; y_pred : logits (N, 32, 32, 261).
    """

    def __init__(self, rarity, name="rebalanced"):
        """rarity : what a place of each bin counts for, (261,); see bins.rarity."""
        super().__init__(name=name)
        self.rarity = rarity.astype("float32")

    def call(self, y_true, y_pred):
        numbers, weights = bins.soft_encoded(bins.quartered(y_true))
        said = ops.sum(weights * ops.take_along_axis(y_pred, numbers, axis=-1), axis=-1)
        nearest = ops.take_along_axis(numbers, ops.argmax(weights, axis=-1)[..., None], axis=-1)[..., 0]
        counted = ops.take(ops.convert_to_tensor(self.rarity), nearest)
        return ops.sum(counted * (ops.logsumexp(y_pred, axis=-1) - said), axis=(1, 2))
