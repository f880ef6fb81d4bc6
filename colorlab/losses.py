"""The joint loss: ||color - color*||^2_Frobenius + alpha x cross-entropy (the write-up, section on training).

Both are sums over one image averaged over the batch, so that a number does not change with the batch size. The
write-up adds up its batches of 100 images: its numbers are ours x 100.
"""

from colorlab.backend import keras, ops

WRITE_UP_BATCH = 100  # images whose losses the write-up adds up
HUBER_DELTA = 0.02  # in scaled chroma: 5 Lab units


class Frobenius(keras.losses.Loss):
    """Squared error of chroma, summed over the places and both channels of an image, averaged over the batch.

    y_true, y_pred : (N, 64, 64, 2) in [0, 1]. Per image between 0 and 8192; predicting grey everywhere costs about
    26 on the photographs of MiniPlaces.
    """

    def __init__(self, name="frobenius"):
        super().__init__(name=name)

    def call(self, y_true, y_pred):
        return ops.sum(ops.square(y_true - y_pred), axis=(1, 2, 3))


class Huber(keras.losses.Loss):
    """As Frobenius up to an error of HUBER_DELTA; beyond it the loss grows with the error, no longer with its square.

    What is far off pulls less, and what is ambiguous settles on a median of the colours it may have instead of
    their mean. Zhang et al. 2017 ("Real-time user-guided image colorization") train with it. Same shapes as Frobenius.
    """

    def __init__(self, name="huber"):
        super().__init__(name=name)

    def call(self, y_true, y_pred):
        error = ops.abs(y_true - y_pred)
        near = ops.minimum(error, HUBER_DELTA)
        return ops.sum(near * (2 * error - near), axis=(1, 2, 3))


class CrossEntropy(keras.losses.SparseCategoricalCrossentropy):
    """Cross-entropy of the scene in nats, averaged over the batch; chance is ln(scenes).

    y_true : (N,) integer; y_pred : (N, scenes) logits.
    """

    def __init__(self, name="cross_entropy"):
        super().__init__(from_logits=True, name=name)


def contributions(logs: dict, alpha: float) -> dict:
    """What each part adds to the joint loss, per image and in the write-up's unit.

    logs : a row of the history, with `chroma_loss` and `scene_loss` (optionally val_…).

    Returns {"chroma": …, "scene": alpha x …, "chroma_write_up": …, "scene_write_up": …} with the same prefixes.
    """
    parts = {}
    for prefix in ("", "val_"):
        if f"{prefix}chroma_loss" in logs:
            chroma, scene = logs[f"{prefix}chroma_loss"], alpha * logs[f"{prefix}scene_loss"]
            parts |= {f"{prefix}chroma": chroma, f"{prefix}scene": scene}
            parts |= {
                f"{prefix}chroma_write_up": chroma * WRITE_UP_BATCH,
                f"{prefix}scene_write_up": scene * WRITE_UP_BATCH,
            }
    return parts
