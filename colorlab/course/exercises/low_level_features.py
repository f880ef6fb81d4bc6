"""The exercises of notebook 02: a strided convolution, its cost, receptive fields, the size of random weights."""

import numpy as np

from colorlab.course.exercises.exercise import Choice, Function, Number
from colorlab.networks import by_hand
from colorlab.networks.tables import TABLES


def _convolved(x, kernel, stride=2):
    """by_hand's convolution, with a kernel of Keras's layout, (3, 3, C, D)."""
    return by_hand.convolution(x, kernel.transpose(3, 2, 0, 1), stride)


q1 = Function(
    task="""
Write a convolution of stride 2. Your function gets maps of the shape (N, H, W, C), where H and W are even, and a
kernel of the shape (3, 3, C, D). Put one row of zeros below the maps and one column of zeros to their right. The
place (y, x) of the result is computed from the 3x3 places that begin at (2y, 2x). The result has the shape (N, H/2,
W/2, D).
""",
    hint="Go through the nine places (i, j) of the kernel. padded[:, i : i + H : 2, j : j + W : 2] @ kernel[i, j] is "
    "what "
    "one of them adds to the result.",
    solution="""
def my_strided(x, kernel):
    height, width = x.shape[1:3]
    padded = np.pad(x, [(0, 0), (0, 1), (0, 1), (0, 0)])
    result = 0
    for i in range(3):
        for j in range(3):
            result = result + padded[:, i : i + height : 2, j : j + width : 2] @ kernel[i, j]
    return result
""",
    draw=lambda random: (random.normal(size=(2, 6, 8, 3)), random.normal(size=(3, 3, 3, 4))),
    expected=lambda x, kernel: _convolved(x, kernel),
    mistakes=[
        (
            lambda x, kernel: _convolved(x, kernel, 1)[:, ::2, ::2],
            "Your zeros are on all four sides, so every place lies one pixel too far up and left. Put them below and "
            "to "
            "the right only.",
        ),
        (lambda x, kernel: _convolved(x, kernel, 1), "This is stride 1. Keep every second place in both directions."),
        (
            lambda x, kernel: _convolved(x, kernel[::-1, ::-1]),
            "You turn the kernel around. In mathematics a convolution does this, in a network it does not.",
        ),
        (
            lambda x, kernel: _convolved(x, kernel.transpose(1, 0, 2, 3)),
            "You have exchanged rows and columns of the kernel. Its first axis goes down, its second to the right.",
        ),
    ],
)


def _cost_with_large_maps():
    row = TABLES["low_level"][1]
    height, width, channels = row.output
    return 9 * row.input[-1] * channels * (2 * height) * (2 * width) / 1e6


q2 = Number(
    task="""
Suppose that the first layer of Table I had stride 1. How many million multiplications would the second layer then
need for one photograph? It keeps its 64 input channels, its 128 output channels and its own stride of 1.
""",
    hint="The maps would keep the 128 x 128 places of the photograph.",
    solution="q2 = 9 * 64 * 128 * 128 * 128 / 1e6",
    because="It is four times as much, for the same features at more places.",
    expected=_cost_with_large_maps,
    mistakes=[
        (302, "This is what the layer needs now. Its maps would be larger."),
        (604, "The maps would be twice as high, and also twice as wide."),
        (134.2, "You have left out the nine places of the kernel."),
        (1_207_959_552, "This is the number itself. Give it in millions."),
    ],
)


def _field(sides, strides):
    width, jump = 1, 1
    for side, stride in zip(sides, strides, strict=True):
        width += (side - 1) * jump
        jump *= stride
    return width


def _field_of_late_jumps(sides, strides):
    return 1 + sum((side - 1) * np.prod(strides[: n + 1]) for n, side in enumerate(sides))


q3 = Function(
    task="""
Compute receptive fields. Your function gets two lists of the same length: the sides of the square kernels, such as
[3, 5, 3, 3], and the strides, such as [2, 1, 2, 1], from the first layer to the last. Return the width of the
receptive field in pixels.
""",
    hint="Start with a width of 1 and a jump of 1. A kernel of side k reaches k - 1 jumps further. The stride of a "
    "layer "
    "changes the jump for the layers after it.",
    solution="""
def my_field(sides, strides):
    width, jump = 1, 1
    for side, stride in zip(sides, strides):
        width += (side - 1) * jump
        jump *= stride
    return width
""",
    draw=lambda random: (random.choice([3, 5, 7], 4).tolist(), [2, *random.integers(1, 4, 3).tolist()]),
    expected=_field,
    mistakes=[
        (
            lambda sides, strides: 1 + sum(side - 1 for side in sides),
            "You have not used the strides. After a stride of 2, neighbouring places lie twice as far apart.",
        ),
        (
            _field_of_late_jumps,
            "A layer's own stride does not widen its own kernel. Change the jump after the width.",
        ),
        (
            lambda sides, strides: _field([side + 1 for side in sides], strides),
            "A kernel of side k adds k - 1 jumps, not k: its first place was already counted.",
        ),
        (
            lambda sides, strides: _field(sides, strides) - 1,
            "The result is too small by one: the place itself counts. Start with a width of 1.",
        ),
    ],
)


q4 = Number(
    task="""
The fourth low-level layer has 128 input channels. Its weights are drawn with the standard deviation 0.05, and nothing
is normalised. By which factor does the layer multiply the typical size of the numbers?
""",
    hint="The factor is s times the root of half the fan-in. The fan-in of a 3x3 convolution is 9 times its input "
    "channels.",
    solution="q4 = 0.05 * (9 * 128 / 2) ** 0.5",
    because="The factor is above 1, so the numbers grow. Where it is below 1 they die out.",
    expected=lambda: 0.05 * np.sqrt(9 * TABLES["low_level"][3].input[-1] / 2),
    mistakes=[
        (0.05 * 1152**0.5, "This is without ReLU, which throws half of the squares away."),
        (0.05 * 64**0.5, "The fan-in is 9 times 128: each output adds up nine places of every channel."),
        (0.05 * 576, "You have left out the square root."),
    ],
)


q5 = Choice(
    task="""
After the training, 12 of the 64 kernels of the first layer are edge detectors. What must you know before you may say
that the network has learned them?

- "A": how many photographs it has seen.
- "B": how many of its kernels were edge detectors before the training.
- "C": what the other 52 kernels respond to.
""",
    hint="Section 7 compares the kernels with something else.",
    solution='q5 = "B"',
    because="Random kernels are edge detectors now and then. Only what goes beyond that was learned.",
    right="B",
    wrong={
        "A": "Many photographs do not show that these twelve kernels were learned. They may have been edge detectors "
        "when the training began.",
        "C": "The other kernels say nothing about these twelve. They may have been edge detectors when the training "
        "began.",
    },
)
