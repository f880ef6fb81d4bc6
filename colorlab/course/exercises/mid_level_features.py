"""The exercises of notebook 03: batch normalization in its two modes, and the score of a probe."""

import numpy as np

from colorlab.course.exercises.exercise import Choice, Function, Number

PLACES = (0, 1, 2)  # the axes of photographs, rows and columns; the last axis has the channels


def _normalised(x, gamma, beta, mean, variance, epsilon):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def _draw_normalised(random):
    x = random.normal(1, 2, (4, 3, 3, 5))
    gamma, beta, mean = random.uniform(0.5, 2, (3, 5))
    return x, gamma, beta, mean, random.uniform(0.02, 0.2, 5), 0.01


q1 = Function(
    task="""
Normalise as a network in use does, with the population statistics. Your function gets maps x of the shape (N, H, W,
C), then gamma, beta, the population mean and the population variance, each of the shape (C,), and epsilon, which is a
number. Subtract the mean, divide by the root of variance plus epsilon, multiply by gamma and add beta.
""",
    hint="NumPy applies arrays of the shape (C,) along the last axis by itself. You need no loop.",
    solution="""
def my_normalised(x, gamma, beta, mean, variance, epsilon):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta
""",
    draw=_draw_normalised,
    expected=_normalised,
    mistakes=[
        (
            lambda x, gamma, beta, mean, variance, epsilon: _normalised(
                x, gamma, beta, x.mean(PLACES), x.var(PLACES), epsilon
            ),
            "These are the statistics of this batch. Use the mean and the variance that your function is given.",
        ),
        (
            lambda x, gamma, beta, mean, variance, epsilon: _normalised(x, gamma, beta, mean, variance, 0),
            "You have left out epsilon. Add it to the variance, below the root.",
        ),
        (
            lambda x, gamma, beta, mean, variance, epsilon: gamma * (x - mean) / (np.sqrt(variance) + epsilon) + beta,
            "Epsilon belongs below the root, beside the variance.",
        ),
        (
            lambda x, gamma, beta, mean, variance, epsilon: gamma * (x - mean) / (variance + epsilon) + beta,
            "You divide by the variance. Divide by its root, the standard deviation.",
        ),
        (
            lambda x, gamma, beta, mean, variance, epsilon: gamma * _normalised(x, 1, beta, mean, variance, epsilon),
            "Beta is added last. It is not multiplied by gamma.",
        ),
    ],
)


q2 = Function(
    task="""
Update the population mean after one step of the training. Your function gets the old population mean of the shape
(C,), the maps x of a batch of the shape (N, H, W, C), and the momentum, such as 0.95. Return the new population mean:
momentum times the old one, plus (1 - momentum) times the mean of the batch.
""",
    hint="The mean of the batch has one number a channel: x.mean(axis=(0, 1, 2)).",
    solution="""
def my_moving_mean(old, x, momentum):
    return momentum * old + (1 - momentum) * x.mean(axis=(0, 1, 2))
""",
    draw=lambda random: (random.normal(size=5), random.normal(1, 1, (4, 3, 2, 5)), 0.9),
    expected=lambda old, x, momentum: momentum * old + (1 - momentum) * x.mean(PLACES),
    mistakes=[
        (
            lambda old, x, momentum: (1 - momentum) * old + momentum * x.mean(PLACES),
            "You have exchanged the two parts. A momentum near 1 keeps most of the old mean.",
        ),
        (
            lambda old, x, momentum: momentum * old + (1 - momentum) * x.mean(0),
            "You average over the photographs only. Average over their rows and columns, too.",
        ),
        (lambda old, x, momentum: x.mean(PLACES), "This is the mean of the batch. The old mean is forgotten at once."),
        (
            lambda old, x, momentum: momentum * old + (1 - momentum) * x.mean(),
            "You average over the channels, too. Each channel has a mean of its own.",
        ),
    ],
)


q3 = Number(
    task="""
A population mean begins at 0, and the momentum is 0.95. After how many steps does the 0 of the beginning have a
weight of less than 1 %?
""",
    hint="After each step, 95 % of the weight is left. After n steps it is 0.95 to the power of n.",
    solution="q3 = np.ceil(np.log(0.01) / np.log(0.95))",
    because="With 0.99, the default of Keras, it takes 459 steps. Short trainings have fewer.",
    expected=lambda: np.ceil(np.log(0.01) / np.log(0.95)),
    mistakes=[
        (20, "Each step takes 5 % of what is left, not of the beginning. After 20 steps, 36 % are left."),
        (19, "Each step takes 5 % of what is left, not of the beginning. After 19 steps, 38 % are left."),
        (459, "This is the answer for a momentum of 0.99."),
        (59, "After 59 steps 5 % are left. It must be less than 1 %."),
    ],
)


q4 = Choice(
    task="""
The loss of a training falls as it should. As soon as the network is used, its colours make no sense. Which
explanation fits?

- "A": the learning rate is too large.
- "B": the population statistics are wrong.
- "C": the batches are too small.
""",
    hint="Which of the three does the training itself not notice?",
    solution='q4 = "B"',
    because="Only the network in use reads the population statistics.",
    right="B",
    wrong={
        "A": "With a learning rate that is too large, the loss of the training would not fall.",
        "C": "Small batches make the training itself noisy, so its loss would show it.",
    },
)


def _share(answer, truth, constant):
    return 1 - np.sum((answer - truth) ** 2) / np.sum((constant - truth) ** 2)


def _draw_share(random):
    truth = random.normal(size=(3, 4, 4, 2)) * np.array([1, 2, 4])[:, None, None, None]
    return truth + random.normal(0, 0.5, truth.shape), truth, truth.mean(PLACES)


q5 = Function(
    task="""
Compute the score of a probe. Your function gets the answers of the probe and the true colours, both of the shape (N,
H, W, 2), and one constant colour of the shape (2,). Return the part of the constant's squared error that disappears:
1 if the answers are perfect, 0 if they are as far from the truth as the constant.
""",
    hint="Add up the squared errors over everything, once for the answers and once for the constant. What does their "
    "ratio "
    "say?",
    solution="""
def my_score(answer, truth, constant):
    return 1 - np.sum((answer - truth) ** 2) / np.sum((constant - truth) ** 2)
""",
    draw=_draw_share,
    expected=_share,
    mistakes=[
        (
            lambda answer, truth, constant: 1 - _share(answer, truth, constant),
            "This is the part of the error that is left. The part that disappears is 1 minus it.",
        ),
        (
            lambda answer, truth, constant: 1 - 1 / (1 - _share(answer, truth, constant)),
            "The ratio is upside down. Divide the error of the answers by the error of the constant.",
        ),
        (
            lambda answer, truth, constant: 1 - np.sum(np.abs(answer - truth)) / np.sum(np.abs(constant - truth)),
            "You add up the errors themselves. Square each of them first.",
        ),
        (
            lambda answer, truth, constant: np.mean(
                [_share(a, t, constant) for a, t in zip(answer, truth, strict=True)]
            ),
            "This is the mean of each photograph's own score. Add up the errors of all photographs before you divide.",
        ),
    ],
)
