"""The exercises of notebook 06: upsampling, the sigmoid, the first loss, and the way to a coloured photograph."""

import numpy as np

from colorlab import color
from colorlab.course.exercises.exercise import Choice, Function, Number

q1 = Function(
    task="""
Write nearest upsampling. Your function gets maps of the shape (N, H, W, C) and returns maps of the shape (N, 2H, 2W,
C), in which each number stands four times, in a square of 2x2.
""",
    hint="maps.repeat(2, axis=1) writes each row twice.",
    solution="""
def my_upsampled(maps):
    return maps.repeat(2, axis=1).repeat(2, axis=2)
""",
    draw=lambda random: (random.normal(size=(2, 3, 4, 5)),),
    expected=lambda maps: np.kron(maps, np.ones((1, 2, 2, 1))),
    mistakes=[
        (
            lambda maps: np.tile(maps, (1, 2, 2, 1)),
            "You put four copies of the maps side by side. Each number must stand beside itself.",
        ),
        (
            lambda maps: maps.repeat(2, axis=0).repeat(2, axis=1),
            "Axis 0 counts the photographs. Rows are axis 1 and columns are axis 2.",
        ),
        (lambda maps: maps.repeat(2, axis=1), "You repeat the rows only. Repeat the columns, too."),
        (
            lambda maps: maps.repeat(4, axis=-1).reshape(len(maps), 2 * maps.shape[1], 2 * maps.shape[2], -1),
            "The shape is right, but the numbers have moved between channels. Repeat along rows and columns instead.",
        ),
    ],
)


q2 = Number(
    task="""
At one place the sigmoid answers a chroma of 0.9. What is its slope there?
""",
    hint="The slope can be computed from the answer alone. You need no logit.",
    solution="q2 = 0.9 * (1 - 0.9)",
    because="In the middle the slope is 0.25. Far out, the same error moves the logit much less.",
    expected=lambda: 0.9 * (1 - 0.9),
    mistakes=[
        (0.25, "This is the slope in the middle, where the sigmoid answers 0.5."),
        (0.9, "This is the answer of the sigmoid. Its slope is the answer times (1 - answer)."),
        (0.2055, "You took 0.9 for the logit. It is the answer of the sigmoid."),
        (0.1, "This is 1 - 0.9. Multiply it by the answer itself."),
    ],
)


q3 = Number(
    task="""
The weights of our output layer start at a tenth of their usual size. Everything else stays. What is the variance v of
the logits on paper, before any training?
""",
    hint="Without the tenth, v is 1/2. A logit is a sum of weights times inputs. What does a factor on all weights do "
    "to the "
    "logit, and what to its square?",
    solution="q3 = 0.1**2 * 0.5",
    because="The logits are then nearly 0, so the answers are nearly grey. That is a much better first loss.",
    expected=lambda: 0.1**2 * 0.5,
    mistakes=[
        (0.05, "The logits shrink to a tenth, so their variance shrinks to a hundredth."),
        (0.5, "This is the variance with the usual weights."),
        (0.01, "You have left out the ReLU: the mean square of its output is 1/2."),
        (0.5**0.5 / 10, "This is the standard deviation. The variance is its square."),
    ],
)


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


q4 = Function(
    task="""
Before a training, the bias of the output layer is set so that an untrained network answers with the mean colour. Your
function gets that mean chroma, an array of the shape (2,) with numbers between 0 and 1. Return the bias: the logits
whose sigmoid is this chroma.
""",
    hint="Solve chroma = 1 / (1 + exp(-z)) for z.",
    solution="""
def my_bias(chroma):
    return np.log(chroma / (1 - chroma))
""",
    draw=lambda random: (random.uniform([0.2, 0.6], [0.4, 0.8]),),
    expected=lambda chroma: np.log(chroma / (1 - chroma)),
    mistakes=[
        (lambda chroma: _sigmoid(chroma), "You apply the sigmoid. Its inverse is wanted."),
        (lambda chroma: chroma, "This is the chroma itself. The sigmoid comes after the bias, so undo it."),
        (
            lambda chroma: np.log((1 - chroma) / chroma),
            "The sign is wrong: a chroma above one half has a positive logit.",
        ),
        (lambda chroma: np.log(chroma), "You have left out the division by 1 - chroma."),
    ],
)


q5 = Choice(
    task="""
A network that has learned nothing is measured in inference mode. Its colour loss is hardly larger than that of grey.
What does this say?

- "A": its random weights happen to be good.
- "B": nothing about the network: its logits are near 0, and the sigmoid of 0 is nearly grey.
- "C": the photographs are nearly grey, so that every network is good on them.
""",
    hint="What are the population statistics before any training, and what does that do to the numbers on their way?",
    solution='q5 = "B"',
    because="Always hold a loss against that of grey, and against that of the network before its training.",
    right="B",
    wrong={
        "A": "Other random weights give the same loss. Think of what reaches the sigmoid.",
        "C": "In training mode the same network has a large loss on the same photographs.",
    },
)


def _interpolated(row, places):
    return np.interp(places, np.arange(len(row)), row)


q6 = Function(
    task="""
Enlarge a row of pixels bilinearly to twice its length. Your function gets an array of the shape (n,) and returns one
of the shape (2n,). The centre of the new pixel i lies at (i + 1/2) / 2 - 1/2 of the old row. It takes from its two
old neighbours the more the nearer it is. Beyond the ends, the end pixels go on.
""",
    hint="np.interp(places, np.arange(n), row) blends between neighbours, and it repeats the ends by itself.",
    solution="""
def my_enlarged(row):
    n = len(row)
    places = (np.arange(2 * n) + 0.5) / 2 - 0.5
    return np.interp(places, np.arange(n), row)
""",
    draw=lambda random: (random.random(6),),
    expected=lambda row: color.enlarged(row[None, :, None], (1, 2 * len(row)))[0, :, 0],
    mistakes=[
        (lambda row: row.repeat(2), "This is nearest upsampling. Blend between neighbours."),
        (
            lambda row: _interpolated(row, np.arange(2 * len(row)) / 2),
            "Your pixels are shifted by a quarter of an old pixel. It is the centres of the pixels that count.",
        ),
        (
            lambda row: _interpolated(row, np.linspace(0, len(row) - 1, 2 * len(row))),
            "You lay the first and the last centres upon each other. The outer edges of the pixels must agree instead.",
        ),
        (
            lambda row: _interpolated(np.r_[0, row, 0], (np.arange(2 * len(row)) + 0.5) / 2 + 0.5),
            "You take zeros beyond the ends. The end pixels go on.",
        ),
    ],
)
