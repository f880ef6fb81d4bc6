"""The joint loss: ||color - color*||^2_Frobenius + alpha x cross-entropy (the write-up, section on training).

Each loss is summed over an image and averaged over the batch, so it does not depend on the batch size. The write-up
sums over its batches of 100 images: its numbers are 100 times ours.
"""

from functools import partial

from colorlab.base.backend import keras, ops
from colorlab.networks import bins

HUBER_DELTA = 0.02  # of chroma in [0, 1]: 5 Lab units


class Frobenius(keras.losses.Loss):
    """Squared error of chroma, summed over the pixels and both channels of an image, averaged over the batch.

    y_true, y_pred : (N, 64, 64, 2) in [0, 1]. An image costs between 0 and 8192. Predicting grey everywhere costs about
    26 on the photographs of MiniPlaces.
    """

    def __init__(self, name="frobenius"):
        super().__init__(name=name)

    def call(self, y_true, y_pred):
        return ops.sum(ops.square(y_true - y_pred), axis=(1, 2, 3))


class Huber(keras.losses.Loss):
    """Frobenius up to an error of HUBER_DELTA. Beyond it the loss grows with the error instead of its square.

    Large errors then have less influence, and an ambiguous pixel settles near the median of its possible colours
    instead of their mean. Zhang et al. 2017 ("Real-time user-guided image colorization") train with it. The shapes are
    those of Frobenius.
    """

    def __init__(self, name="huber"):
        super().__init__(name=name)

    def call(self, y_true, y_pred):
        error = ops.abs(y_true - y_pred)
        near = ops.minimum(error, HUBER_DELTA)
        return ops.sum(near * (2 * error - near), axis=(1, 2, 3))


# The cross-entropy of the scene in nats, averaged over the batch: Keras's own. Guessing by chance costs ln(scenes).
# y_true : (N,) integer. y_pred : (N, scenes) logits.
CrossEntropy = partial(keras.losses.SparseCategoricalCrossentropy, from_logits=True, name="cross_entropy")


class Rebalanced(keras.losses.Loss):
    """Cross-entropy of the bins in nats. Each pixel is weighted by the rarity of its true colour.

    It is summed over the pixels of an image and averaged over the batch. Zhang et al. 2016, eq. 2.

    y_true : chroma (N, 64, 64, 2) in [0, 1]. y_pred : logits (N, 32, 32, 261).
    """

    def __init__(self, rarity, name="rebalanced"):
        """rarity : the weight of a pixel whose colour is of each bin, (261,); see bins.rarity."""
        super().__init__(name=name)
        self.rarity = rarity.astype("float32")

    def call(self, y_true, y_pred):
        numbers, weights = bins.soft_encoded(bins.quartered(y_true))
        said = ops.sum(weights * ops.take_along_axis(y_pred, numbers, axis=-1), axis=-1)
        nearest = ops.take_along_axis(numbers, ops.argmax(weights, axis=-1)[..., None], axis=-1)[..., 0]
        counted = ops.take(ops.convert_to_tensor(self.rarity), nearest)
        return ops.sum(counted * (ops.logsumexp(y_pred, axis=-1) - said), axis=(1, 2))
