"""The moving average of the weights, and the population statistics of batch normalization that belong to it."""

import numpy as np

from colorlab.base.backend import keras


def take_average(copy, model, batches) -> None:
    """Give a copy of a model the moving average of its weights, or its weights if its optimizer keeps no average.

    batches : of lightness, (N, 128, 128, 1). The population statistics of batch normalization are measured on them.
        Those of the training belong to the weights that were not averaged: with them, the average would be worse than
        none. (Izmailov et al. 2018, "Averaging weights leads to wider optima", also measure them anew.)

    (Keras's SwapEMAWeights leaves the statistics as they are. On TensorFlow it swaps by adding and subtracting, which
    changes the last bits of the weights.)
    """
    for ours, theirs in zip(copy.variables, model.variables, strict=True):
        ours.assign(np.array(theirs))  # a copy: JAX would let both share a buffer, which the next step frees
    if model.optimizer.use_ema:
        averages = model.optimizer._model_variables_moving_average
        for ours, average in zip(copy.trainable_variables, averages, strict=True):
            ours.assign(np.array(average))
        measure_statistics(copy, batches)


def measure_statistics(model, batches):
    """Set the population statistics of batch normalization to the means over these batches of lightness."""
    normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    usual = [layer.momentum for layer in normalizations]
    for number, lightness in enumerate(batches):
        for layer in normalizations:
            layer.momentum = number / (number + 1)  # so the moving average is the mean of all batches so far
        model(lightness, training=True)
    for layer, momentum in zip(normalizations, usual, strict=True):
        layer.momentum = momentum
