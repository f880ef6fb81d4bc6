"""The exercises of notebook 04: flattening, counting parameters, neighbours, and how sure a difference is."""

import numpy as np

from colorlab.course.exercises.exercise import Function, Number
from colorlab.networks.tables import TABLES

MAPS, DENSE = TABLES["global_features"][3:5]  # the last convolution and the first dense layer


q1 = Function(
    task="""
Maps of the shape (height, width, channels) are flattened: place after place along a row, row after row, with all
channels of a place together. Your function gets rows, columns and channels of some numbers in the maps, three arrays
of one shape, and then the width and the number of channels of the maps. Return where these numbers are in the flat
row, counted from 0.
""",
    hint="How many places come before the place in question? Each of them has filled as many numbers as there are "
    "channels.",
    solution="""
def my_index(row, column, channel, width, channels):
    return (row * width + column) * channels + channel
""",
    draw=lambda random: (*random.integers([[4], [0], [5]], [[8], [4], [20]], (3, 4)), 8, 20),
    expected=lambda row, column, channel, width, channels: np.ravel_multi_index(
        (row, column, channel), (row.max() + 1, width, channels)
    ),
    mistakes=[
        (
            lambda row, column, channel, width, channels: (channel * 8 + row) * width + column,
            "This puts channel after channel, as some other programs do. Here all channels of a place stand together.",
        ),
        (
            lambda row, column, channel, width, channels: (column * width + row) * channels + channel,
            "You have exchanged the row and the column.",
        ),
        (
            lambda row, column, channel, width, channels: row * width + column,
            "This is the number of the place. Each place has as many numbers as there are channels.",
        ),
        (
            lambda row, column, channel, width, channels: (row * width + column) * channels + channel + 1,
            "Count from 0.",
        ),
    ],
)


def _parameters(inputs, outputs):
    return inputs * outputs + outputs


q2 = Number(
    task="""
In place of flattening, take the mean of each channel over the 8 x 8 places (*global average pooling*). How many
weights and biases does the first dense layer, with its 512 outputs, then have?
""",
    hint="How many numbers are left of 8 x 8 places with 256 channels, if each channel becomes its mean?",
    solution="q2 = 256 * 512 + 512",
    because="Nearly two thirds of the whole network are saved. But the layer can no longer know where something is.",
    expected=lambda: _parameters(MAPS.output[-1], DENSE.output[0]),
    mistakes=[
        (256 * 512, "These are the weights. Each output has a bias, too."),
        (_parameters(16384, 512), "This is the layer after flattening. The mean leaves one number a channel."),
        (_parameters(64, 512), "The mean is taken over the 64 places. What is left are the 256 channels."),
        (_parameters(256, 256), "The layer has 512 outputs."),
    ],
    tolerance=0.001,
)


q3 = Number(
    task="""
At depth 32, every layer has half as many channels or outputs. How many weights and biases does the first dense layer
then have, after flattening?
""",
    hint="The maps have 8 x 8 places and 128 channels then.",
    solution="q3 = 8 * 8 * 128 * 256 + 256",
    because="Half the depth leaves a quarter, as for a convolution. So the share of this layer hardly changes.",
    expected=lambda: _parameters(8 * 8 * MAPS.output[-1] // 2, DENSE.output[0] // 2),
    mistakes=[
        (_parameters(16384, 256), "Only one side of the layer is halved. Both its inputs and its outputs are."),
        (_parameters(16384, 512), "This is the layer at depth 64."),
        (_parameters(4096, 256), "The maps keep their 8 x 8 places. Only their channels are halved."),
        (128 * 256 + 256, "This is global average pooling. After flattening there are 8 x 8 x 128 inputs."),
    ],
    tolerance=0.001,
)


def _nearest(rows):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return _distances(rows).argmin(axis=1)


def _distances(rows, of_itself=np.inf):
    distances = np.linalg.norm(rows[:, None] - rows, axis=-1)
    np.fill_diagonal(distances, of_itself)
    return distances


q4 = Function(
    task="""
Find neighbours. Your function gets an array of the shape (N, D), one row of numbers for each photograph. Divide each
row by its length. Then return for each photograph the index of the nearest other one by Euclidean distance, an array
of the shape (N,).
""",
    hint="np.linalg.norm(rows, axis=1, keepdims=True) are the lengths. rows[:, None] - rows has the differences of "
    "all pairs. "
    "np.fill_diagonal(distances, np.inf) excludes each photograph from its own neighbours.",
    solution="""
def my_nearest(rows):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    distances = np.linalg.norm(rows[:, None] - rows, axis=-1)
    np.fill_diagonal(distances, np.inf)
    return distances.argmin(axis=1)
""",
    draw=lambda random: (random.normal(size=(20, 3)) * [0.3, 1, 3] * random.uniform(0.2, 5, (20, 1)),),
    expected=_nearest,
    mistakes=[
        (
            lambda rows: np.arange(len(rows)),
            "Each photograph is its own nearest neighbour, at distance 0. Exclude it.",
        ),
        (lambda rows: _distances(rows).argmin(axis=1), "You have not divided each row by its length."),
        (
            lambda rows: _distances(rows / np.linalg.norm(rows, axis=1, keepdims=True), 0).argmax(axis=1),
            "These are the farthest photographs. The nearest are wanted.",
        ),
        (
            lambda rows: _distances(rows / np.linalg.norm(rows, axis=0)).argmin(axis=1),
            "You divide each column by its length. Divide each row: axis=1, and keepdims=True.",
        ),
    ],
)


def _error(values):
    return values.std() / np.sqrt(len(values))


def _draw_pairs(random):
    first = random.normal(0.5, 0.2, 30)
    return first, first + random.normal(0.05, 0.1, 30)


q5 = Function(
    task="""
Two methods were tried on the same N photographs. Your function gets the share that each of them got right, two arrays
of the shape (N,). Return the standard error of the mean difference: the standard deviation of the differences,
divided by the root of N.
""",
    hint="Subtract photograph by photograph first. Then use .std() of the differences.",
    solution="""
def my_standard_error(first, second):
    return (first - second).std() / np.sqrt(len(first))
""",
    draw=_draw_pairs,
    expected=lambda first, second: _error(first - second),
    mistakes=[
        (
            lambda first, second: np.hypot(_error(first), _error(second)),
            "This takes the two methods for tried on different photographs. Subtract photograph by photograph first.",
        ),
        (
            lambda first, second: (first - second).std(),
            "This is the spread between photographs. Divide by the root of N.",
        ),
        (
            lambda first, second: (first - second).std() / len(first),
            "You divide by N. Divide by its root.",
        ),
        (
            lambda first, second: (first - second).std(ddof=1) / np.sqrt(len(first)),
            "You estimate the deviation with N - 1 in place of N. Both are in use. Here .std() as it is will do.",
        ),
    ],
    tolerance=1e-6,
)
