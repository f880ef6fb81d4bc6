"""The exercises of notebook 08: the colour loss, sums and means, a gradient by hand, and the alpha of equal pull."""

import numpy as np

from colorlab.course.exercises.exercise import Choice, Function, Number


def _draw_chroma(random):
    return random.random((5, 8, 8, 2)), random.random((5, 8, 8, 2))


q1 = Function(
    task="""
Write the colour loss of a batch. Your function gets the chroma that the network answered and the true chroma, two
arrays of the shape (N, H, W, 2). The loss of an image is the sum of its squared errors over all places and both
channels. Return the mean of this loss over the N images, a number.
""",
    hint="Sum over the axes (1, 2, 3) first. What is left has the shape (N,).",
    solution="""
def my_colour_loss(answered, true):
    squares = (answered - true) ** 2
    return squares.sum(axis=(1, 2, 3)).mean()
""",
    draw=_draw_chroma,
    expected=lambda answered, true: np.sum((answered - true) ** 2) / len(true),
    mistakes=[
        (
            lambda answered, true: np.mean((answered - true) ** 2),
            "This is the mean over all values. Sum over each image, and take the mean over the images only.",
        ),
        (
            lambda answered, true: np.sum((answered - true) ** 2),
            "This is the sum over the whole batch. Divide it by the number of images.",
        ),
        (
            lambda answered, true: np.linalg.norm((answered - true).reshape(len(true), -1), axis=1).mean(),
            "This is the Frobenius norm itself. The loss is its square, so take no root.",
        ),
        (
            lambda answered, true: np.sum(np.abs(answered - true)) / len(true),
            "You sum the absolute errors. Square them.",
        ),
        (
            lambda answered, true: np.sum(answered - true) / len(true),
            "You have not squared the errors, so they cancel each other.",
        ),
        (
            lambda answered, true: np.sum((answered - true) ** 2, axis=(1, 2, 3)),
            "These are the losses of the images. Return their mean, one number.",
        ),
        (
            lambda answered, true: np.sum((answered - true) ** 2) / len(true) / 2,
            "This is half of the loss. Add up both channels.",
        ),
    ],
)


q2 = Number(
    task="""
The original network of Iizuka et al. answers with 112 x 112 places, and it has two channels, too. Suppose that a
program averages its squared errors over all of these values and weighs the scene loss with alpha = 1/300. Another
program adds them up. Which alpha gives the second program the same balance?
""",
    hint="The sum is as many times the mean as there are values. By which factor must alpha change?",
    solution="q2 = 112 * 112 * 2 / 300",
    because="The larger the picture, the larger the sum. So the alpha for a sum depends on the resolution, too.",
    expected=lambda: 112 * 112 * 2 / 300,
    mistakes=[
        (112 * 112 / 300, "Each place has two values, one for each channel."),
        (64 * 64 * 2 / 300, "This is for 64 x 64 places."),
        (1 / (300 * 112 * 112 * 2), "The colour loss becomes larger, so alpha must become larger as well."),
        (
            300 / (112 * 112 * 2),
            "You have exchanged the factor and alpha. The colour loss becomes larger by the factor.",
        ),
        (1 / 300, "With the same alpha, the scene loss would hardly count beside the sum."),
        (112 * 112 * 2, "This is the number of values. Multiply it by the old alpha."),
    ],
)


def _softmax(logits, axis=1):
    powers = np.exp(logits)
    return powers / powers.sum(axis=axis, keepdims=True)


def _one_hot(logits, scene):
    return np.eye(logits.shape[1])[scene]


def _summed(logits, scene):
    return (_softmax(logits) - _one_hot(logits, scene)).sum(axis=0)


NO_PROBABILITIES = "Each photograph's probabilities must add up to 1: sum over axis 1."

q3 = Function(
    task="""
Compute a gradient by hand. Your function gets the logits of a batch, of the shape (N, C), and the numbers of the true
scenes, of the shape (N,). Return the gradient of the mean cross-entropy with respect to the bias of the last layer, of
the shape (C,). For one photograph it is the probability of each scene, minus 1 for the true scene.
""",
    hint="np.exp(logits) divided by its sum over axis 1 gives the probabilities. np.eye(C)[scene] has a 1 at the true "
    "scene of each photograph.",
    solution="""
def my_gradient(logits, scene):
    powers = np.exp(logits)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return (probabilities - np.eye(logits.shape[1])[scene]).mean(axis=0)
""",
    draw=lambda random: (random.normal(size=(6, 4)), random.permutation([0, 0, 1, 2, 3, 3])),
    expected=lambda logits, scene: _summed(logits, scene) / len(scene),
    mistakes=[
        (
            lambda logits, scene: -_summed(logits, scene) / len(scene),
            "The sign is wrong: subtract the 1 from the probability.",
        ),
        (_summed, "This is the sum over the batch. The loss is a mean, and so is its gradient."),
        (
            lambda logits, scene: _softmax(logits).mean(axis=0),
            "These are the mean probabilities. Subtract 1 for the true scene of each photograph.",
        ),
        (
            lambda logits, scene: (logits - _one_hot(logits, scene)).mean(axis=0),
            "You use the logits as they are. Make probabilities of them first.",
        ),
        (
            lambda logits, scene: _softmax(logits) - _one_hot(logits, scene),
            "This is the gradient of each photograph's own loss. Take the mean over the photographs.",
        ),
        (
            lambda logits, scene: _softmax(logits).mean(axis=0) - np.isin(np.arange(logits.shape[1]), scene),
            "This subtracts from whole columns. Take one number of each row: p[np.arange(N), scene].",
        ),
        (lambda logits, scene: (_softmax(logits, 0) - _one_hot(logits, scene)).mean(axis=0), NO_PROBABILITIES),
        (lambda logits, scene: (_softmax(logits, None) - _one_hot(logits, scene)).mean(axis=0), NO_PROBABILITIES),
        (
            lambda logits, scene: (_softmax(logits) - _one_hot(logits, scene)).mean(axis=1),
            "Take the mean over the photographs, axis 0.",
        ),
    ],
)


def _draw_gradients(random):
    return random.normal(0, 20, 40), random.normal(0, 0.5, 40)


q4 = Function(
    task="""
Find the alpha of equal pull. Your function gets the gradients of the two losses for the same weights, two arrays of
the shape (n,): first that of the colour loss, then that of the scene loss. Return the alpha for which alpha times the
second gradient is as long as the first.
""",
    hint="The length of a gradient is np.linalg.norm(gradient). What does a factor of alpha do to it?",
    solution="""
def my_alpha(of_colour, of_scene):
    return np.linalg.norm(of_colour) / np.linalg.norm(of_scene)
""",
    draw=_draw_gradients,
    expected=lambda of_colour, of_scene: np.sqrt(np.sum(of_colour**2) / np.sum(of_scene**2)),
    mistakes=[
        (
            lambda of_colour, of_scene: np.linalg.norm(of_scene) / np.linalg.norm(of_colour),
            "This is the inverse. Alpha multiplies the gradient of the scene loss.",
        ),
        (
            lambda of_colour, of_scene: np.sum(of_colour**2) / np.sum(of_scene**2),
            "This is the ratio of the squared lengths. A factor of alpha makes a gradient alpha times as long.",
        ),
        (
            lambda of_colour, of_scene: np.abs(of_colour).sum() / np.abs(of_scene).sum(),
            "You add up the absolute values. The length is the root of the sum of the squares.",
        ),
        (
            lambda of_colour, of_scene: np.sum(of_colour * of_scene) / np.sum(of_scene**2),
            "This alpha makes alpha times the second gradient as close as possible to the first. Compare their "
            "lengths instead.",
        ),
        (
            lambda of_colour, of_scene: of_colour / of_scene,
            "You divide weight by weight. Compute the length of each gradient first.",
        ),
    ],
    tolerance=1e-3,
)


q5 = Choice(
    task="""
The classification network learns from the scene loss alone. Alpha grows from 5 to 500, so its gradients become 100
times as long. How do its steps change if Adam trains it?

- "A": they become 100 times as long.
- "B": they become 10 times as long, the root of 100.
- "C": they hardly change.
""",
    hint="Adam divides each weight's gradient by its usual size. By how much does the usual size change?",
    solution='q5 = "C"',
    because="So alpha matters only where both losses arrive: it decides which of the two gives the direction.",
    right="C",
    wrong={
        "A": "This is true of plain gradient descent. Adam divides the gradient by its usual size.",
        "B": "The usual size that Adam divides by is a root of a mean of squares. It is 100 times as large, too.",
    },
)
