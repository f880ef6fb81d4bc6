"""The moving average of the weights, and population statistics of batch normalization that belong to it."""

from contextlib import contextmanager

import numpy as np

from colorlab.backend import keras


@contextmanager
def averaged(model, batches):
    """Inside the block the model has the moving average of its weights, if its optimizer keeps one.

    batches : of lightness, (N, 128, 128, 1), to measure the population statistics of batch normalization on. Those that
        the training keeps belong to other weights, and with them the average would be worse than no average at all.
        (Izmailov et al. 2018, "Averaging weights leads to wider optima", measure them anew as well.)

    (Keras's SwapEMAWeights leaves the statistics as they are. It swaps by adding and subtracting on TensorFlow, which
    costs the last bits of both.)
    """
    if not model.optimizer.use_ema:
        yield
        return
    before = [np.array(variable) for variable in model.weights]
    averages = model.optimizer._model_variables_moving_average
    for variable, average in zip(model.trainable_variables, averages, strict=True):
        variable.assign(np.array(average))  # a copy: JAX would let both share one buffer, and give it away
    measure_statistics(model, batches)
    try:
        yield
    finally:
        for variable, value in zip(model.weights, before, strict=True):
            variable.assign(value)


def measure_statistics(model, batches):
    """Make the population statistics of batch normalization the means over these batches of lightness."""
    normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    usual = [layer.momentum for layer in normalizations]
    for number, lightness in enumerate(batches):
        for layer in normalizations:
            layer.momentum = number / (number + 1)  # the moving average becomes the mean of all so far
        model(lightness, training=True)
    for layer, momentum in zip(normalizations, usual, strict=True):
        layer.momentum = momentum
