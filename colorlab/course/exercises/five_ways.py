"""The exercises of notebook 13: a colour for a segment, weights for neighbours, one colour of many probabilities."""

import numpy as np
from scipy import ndimage

from colorlab.course.exercises.exercise import Function, Number
from colorlab.networks import bins


def _of_segments(ab, labels, statistic=ndimage.mean):
    there = np.arange(labels.max() + 1)
    return np.stack([statistic(ab[..., channel], labels, there) for channel in range(2)], axis=-1)


q1 = Function(
    task="""
Find one colour for each segment. Your function gets ab, the true a and b of the pixels, of the shape (H, W, 2), and
labels, the number of the segment of each pixel, of the shape (H, W). The K segments are numbered from 0 to K - 1.
Return the mean a and b of each segment, of the shape (K, 2).
""",
    hint="labels == 0 marks the pixels of segment 0. ab[labels == 0] holds their colours, one in each row.",
    solution="""
def my_colors(ab, labels):
    return np.array([ab[labels == segment].mean(axis=0) for segment in range(labels.max() + 1)])
""",
    draw=lambda random: (random.normal(0, 30, (6, 8, 2)), random.permutation(np.arange(48) ** 2 // 576).reshape(6, 8)),
    expected=lambda ab, labels: _of_segments(ab, labels),
    mistakes=[
        (
            lambda ab, labels: _of_segments(ab, labels, ndimage.median),
            "This is the median. It has a smaller absolute error, but a larger squared one than the mean.",
        ),
        (
            lambda ab, labels: _of_segments(ab, labels, ndimage.sum_labels),
            "This is the sum of the colours. Divide it by the number of pixels of the segment.",
        ),
        (
            lambda ab, labels: _of_segments(ab, labels)[labels],
            "This is the painted photograph. Return the colours of the segments, one in each row.",
        ),
        (
            lambda ab, labels: np.tile(ab.mean(axis=(0, 1)), (labels.max() + 1, 1)),
            "You average over all pixels. Each segment has its own mean.",
        ),
    ],
)


def _shares(similar):
    return similar / similar.sum()


q2 = Function(
    task="""
Compute Levin's weights of one pixel r. Your function gets its lightness, a number, then the lightnesses of its
neighbours, of the shape (8,), and sigma, a number. Return the weights $w_{rs}$ of the neighbours, of the shape (8,).
They must sum to 1.
""",
    hint="Compute the exponential for each neighbour, and divide by the sum of all eight.",
    solution="""
def my_weights(lightness, neighbours, sigma):
    similar = np.exp(-((lightness - neighbours) ** 2) / (2 * sigma**2))
    return similar / similar.sum()
""",
    because="Where all neighbours are equally light, each weight is 1/8.",
    draw=lambda random: (random.uniform(30, 70), random.uniform(20, 80, 8), random.uniform(10, 20)),
    expected=lambda lightness, neighbours, sigma: _shares(np.exp(-((lightness - neighbours) ** 2) / (2 * sigma**2))),
    mistakes=[
        (
            lambda lightness, neighbours, sigma: np.exp(-((lightness - neighbours) ** 2) / (2 * sigma**2)),
            "Your weights do not sum to 1. Divide them by their sum.",
        ),
        (
            lambda lightness, neighbours, sigma: _shares(np.exp(-((lightness - neighbours) ** 2) / sigma**2)),
            "You have left out the 2 in front of sigma².",
        ),
        (
            lambda lightness, neighbours, sigma: _shares(np.exp(-((lightness - neighbours) ** 2) / (2 * sigma))),
            "Square sigma, too.",
        ),
        (
            lambda lightness, neighbours, sigma: _shares(np.exp(-np.abs(lightness - neighbours) / (2 * sigma**2))),
            "Square the difference of the lightnesses.",
        ),
        (
            lambda lightness, neighbours, sigma: _shares((lightness - neighbours) ** 2),
            "These weights grow with the difference. A similar neighbour must have the larger weight.",
        ),
    ],
)


q3 = Number(
    task="""
A bin holds no colour of any photograph, so p = 0. There are Q = 261 bins, and $\\lambda$ is 1/2. What is the rarity of
this bin?
""",
    hint="Put p = 0 into the formula above. Only the second part of the denominator is left.",
    solution="q3 = 1 / (0.5 / 261)",
    because="With a lambda of 0 it would be infinite. So lambda limits how much a rare colour counts.",
    expected=lambda: len(bins.centres()) / bins.UNIFORM,
    mistakes=[
        (261, "You have left out lambda. It stands in the denominator, over Q."),
        (0.5 / 261, "This is the denominator."),
        (130.5, "You have multiplied by lambda. It stands in the denominator."),
        (2, "You have left out Q."),
        (1, "This is the rarity of a bin with p = 1 and a lambda of 0."),
    ],
)


def _softmax(logits):
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


q4 = Function(
    task="""
Write the annealed mean. Your function gets p, probabilities of the shape (n, Q) that sum to 1 in each row, then the
centres of the bins, of the shape (Q, 2), and T. Raise the probabilities to the power 1/T, divide each row by its sum,
and return the mean of the centres with these weights, of the shape (n, 2).
""",
    hint="sharpened.sum(axis=1, keepdims=True) has the sum of each row. A mean with weights is weights @ centres.",
    solution="""
def my_annealed_mean(p, centres, T):
    sharpened = p ** (1 / T)
    return sharpened / sharpened.sum(axis=1, keepdims=True) @ centres
""",
    because="The package computes it from logits: a power of p is a factor on its logarithm.",
    draw=lambda random: (_softmax(random.normal(0, 2, (4, 261))), bins.centres(), random.uniform(0.3, 0.6)),
    expected=lambda p, centres, T: 255 * bins.annealed_mean(np.log(p), T) - 128,
    tolerance=1e-3,
    mistakes=[
        (lambda p, centres, T: p @ centres, "This is the mean of all bins, as with T = 1."),
        (lambda p, centres, T: centres[p.argmax(axis=1)], "This is the most probable bin, as with T near 0."),
        (lambda p, centres, T: p ** (1 / T) @ centres, "You have not divided each row by its sum."),
        (
            lambda p, centres, T: p**T / (p**T).sum(axis=1, keepdims=True) @ centres,
            "You raise to the power T, which makes the probabilities more equal. The power is 1/T.",
        ),
        (
            lambda p, centres, T: p ** (1 / T) / np.sum(p ** (1 / T)) @ centres,
            "You divide by the sum of all rows. Each row must sum to 1 on its own.",
        ),
    ],
)


def _rows(p):
    return p / p.sum(axis=1, keepdims=True)


q5 = Function(
    task="""
Take a part of the rebalancing back. Your function gets the probabilities p of a network that was trained with rarities,
of the shape (n, Q), then the rarity w of each bin, of the shape (Q,), and gamma, a number from 0 to 1. Return
$p / w^\\gamma$, with each row divided by its sum.
""",
    hint="With gamma = 0 nothing changes. With gamma = 1 the probabilities are divided by the rarities themselves.",
    solution="""
def my_probabilities(p, w, gamma):
    less = p / w**gamma
    return less / less.sum(axis=1, keepdims=True)
""",
    draw=lambda random: (_softmax(random.normal(0, 1, (3, 6))), random.uniform(1, 40, 6), random.uniform(0.3, 0.7)),
    expected=lambda p, w, gamma: _softmax(np.log(p) - gamma * np.log(w)),
    mistakes=[
        (lambda p, w, gamma: p / w**gamma, "Divide each row by its sum, so that it sums to 1."),
        (
            lambda p, w, gamma: _rows(p * w**gamma),
            "You multiply by the rarities, which makes rare colours more probable still.",
        ),
        (
            lambda p, w, gamma: _rows(p / (gamma * w)),
            "This takes all of the rebalancing back. Gamma is a power: a factor cancels in the division by the sum.",
        ),
        (lambda p, w, gamma: p, "You take nothing back, as with gamma = 0."),
    ],
)
