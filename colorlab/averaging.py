"""The moving average of the weights, and population statistics of batch normalization that belong to it."""

import numpy as np

from colorlab.backend import keras


def take_average(copy, model, batches) -> None:
    """Give a copy of a model the moving average of its weights, if its optimizer keeps one, or else its weights.

    batches : of lightness, (N, 128, 128, 1), to measure the population statistics of batch normalization on. Those that
        the training keeps belong to other weights, and with them the average would be worse than no average at all.
        (Izmailov et al. 2018, "Averaging weights leads to wider optima", measure them anew as well.)

    (Keras's SwapEMAWeights leaves the statistics as they are. It swaps by adding and subtracting on TensorFlow, which
    costs the last bits of both.)
    """
    for ours, theirs in zip(copy.variables, model.variables, strict=True):
        ours.assign(np.array(theirs))  # copied: JAX would let both share one buffer, and give it away
    if model.optimizer.use_ema:
        averages = model.optimizer._model_variables_moving_average
        for ours, average in zip(copy.trainable_variables, averages, strict=True):
            ours.assign(np.array(average))
        measure_statistics(copy, batches)


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
