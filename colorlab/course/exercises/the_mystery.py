"""The exercises of notebook 11: bytes that wrap around, how to undo it, and three ways to normalise."""

import numpy as np

from colorlab import color
from colorlab.course.exercises.exercise import Choice, Function, Number


def _low_bits(levels):
    return (levels.astype("int64") & 255).astype("uint8")


q1 = Function(
    task="""
Make the mistake. Your function gets levels, an array of numbers such as 306.4 or -26.7. Cast them to bytes without a
clip: cut off the decimals, which makes 306 and -26 of them, and then add or subtract 256 until the number fits into a
byte. Return an array of the type uint8.
""",
    hint="levels.astype('int64') cuts off the decimals. The remainder of a division by 256, %, is never negative.",
    solution="""
def my_cast(levels):
    return (levels.astype("int64") % 256).astype("uint8")
""",
    because="306.4 becomes 50 and -26.7 becomes 230. Go over int64, since NumPy does not define the direct cast.",
    draw=lambda random: (random.uniform([-300, -100, 0, 256, 400], [-100, 0, 256, 400, 700], (9, 5)).ravel(),),
    expected=_low_bits,
    mistakes=[
        (lambda levels: _low_bits(levels.clip(0, 255)), "This is the clip that the program lacked."),
        (
            lambda levels: _low_bits(np.floor(levels)),
            "The decimals must be cut off before 256 is added: -26.7 becomes -26, not -27.",
        ),
        (lambda levels: levels % 256, "Cut the decimals off first, then add or subtract 256."),
        (lambda levels: _low_bits(np.round(levels)), "You round to the nearest number. The decimals are cut off."),
        (
            lambda levels: _low_bits(levels.astype("int64") % 255),
            "You wrap around at 255. A byte has 256 values, from 0 to 255.",
        ),
    ],
)


q2 = Choice(
    task="""
Suppose that the colour had been a warm one: a = 40 and b = 60. It asks for more red than a screen has where a pixel is
bright, and for less blue than none where it is dark. What happens without a clip?

- "A": the same as to the cold colour: dark pixels become crimson and bright ones lime.
- "B": dark pixels become violet, since their blue wraps to a large byte. Bright pixels become green, since their red
  wraps to a small one.
- "C": dark pixels become green, since their blue wraps to a small byte. Bright pixels become violet, since their red
  wraps to a large one.
""",
    hint="What byte becomes of -50, and what byte of 280?",
    solution='q2 = "B"',
    because="So the printed colours tell which channels wrapped, and thereby which colour was meant.",
    right="B",
    wrong={
        "A": "The cold colour lacks red and has too much blue. This one lacks blue and has too much red.",
        "C": "A number below 0 wraps to a large byte, and one above 255 to a small byte.",
    },
)


def _unwrapped(blue, expected):
    return _with_turns_of(256, blue, expected)


def _with_turns_of(turn, blue, expected):
    return blue + turn * _turns(blue, expected, turn)


def _turns(blue, expected, turn=256):
    return np.round((expected - blue) / turn)


def _drawn(random):
    meant = random.uniform([-250, -120, 20, 300, 550], [-160, -20, 230, 480, 700], (9, 5)).ravel().round()
    expected = meant + random.uniform(-100, 100, meant.shape).round()
    return meant % 256, expected


CUT_OFF = "You cut the number of turns off. Round it to the nearest whole number."
TURNS_ALONE = "These are the turns alone. Add the turns to the bytes, 256 for each."

q3 = Function(
    task="""
Unwrap the blue channel. Your function gets blue, the bytes of some pixels, and expected, the blue that the
neighbours of each pixel make likely. It may lie far below 0 or above 255. Add to each byte the multiple of 256
(positive, zero or negative) that brings it nearest to what is expected. Return the sums.
""",
    hint="How many turns of 256 lie between the byte and what is expected? Round this number.",
    solution="""
def my_unwrapped(blue, expected):
    return blue + 256 * np.round((expected - blue) / 256)
""",
    because="recover does the same for three channels at once, and measures the distance in a and b.",
    draw=_drawn,
    expected=_unwrapped,
    mistakes=[
        (lambda blue, expected: blue + 256 * np.floor((expected - blue) / 256), CUT_OFF),
        (lambda blue, expected: blue + 256 * np.trunc((expected - blue) / 256), CUT_OFF),
        (
            lambda blue, expected: blue + 256 * np.clip(_turns(blue, expected), 0, 1),
            "You add one turn at most, and never subtract one. Other numbers of turns occur, too.",
        ),
        (
            lambda blue, expected: blue + 256 * np.clip(_turns(blue, expected), -1, 1),
            "One turn is not always enough. Take as many as bring the byte nearest.",
        ),
        (
            lambda blue, expected: blue + 256 * np.round(expected / 256),
            "Count the turns from the byte: expected - blue.",
        ),
        (_turns, TURNS_ALONE),
        (lambda blue, expected: 256 * _turns(blue, expected), TURNS_ALONE),
        (
            lambda blue, expected: _with_turns_of(255, blue, expected),
            "Your turn is 255. A byte has 256 values, so a turn is 256.",
        ),
        (lambda blue, expected: expected, "This is what is expected. The result must be the byte and whole turns."),
    ],
)


EPSILON = 0.001  # what Keras adds to each variance


def _three(x, mean, variance, axes=(0, 1, 2), epsilon=EPSILON):
    return _divided(x, mean, variance, lambda v: np.sqrt(v + epsilon), axes)


def _divided(x, mean, variance, divisor, axes=(0, 1, 2)):
    """Normalise in the three ways. divisor : of a variance."""
    statistics = [(x.mean(axes, keepdims=True), x.var(axes, keepdims=True)), (mean, variance), (0, 1)]
    return [(x - m) / divisor(v) for m, v in statistics]


NO_EPSILON = "You have left out the 0.001."

q4 = Function(
    task="""
Normalise in three ways. Your function gets maps x of the shape (N, H, W, C), and the population mean and the
population variance of each channel, of the shape (C,). Subtract a mean from x and divide by the root of (variance +
0.001). Return three results in a list: with the mean and the variance of this batch, with those of the population,
and with new variables, whose mean is 0 and whose variance is 1. Leave out scale and offset.
""",
    hint="The statistics of a batch are taken over photographs, rows and columns: x.mean(axis=(0, 1, 2)).",
    solution="""
def my_three_ways(x, mean, variance):
    statistics = [(x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))), (mean, variance), (0, 1)]
    return [(x - m) / np.sqrt(v + 0.001) for m, v in statistics]
""",
    because="The third result is nearly x itself: nothing is normalised.",
    # variances so small that 0.001 counts in each of the three ways
    draw=lambda random: (random.normal(2, 0.3, (3, 4, 4, 2)), random.normal(2, 1, 2), random.uniform(0.04, 0.16, 2)),
    expected=lambda x, mean, variance: _three(x, mean, variance),
    mistakes=[
        (
            lambda x, mean, variance: _three(x, mean, variance, axes=(1, 2)),
            "You take the statistics of each photograph. A batch has one mean for each channel, over all photographs.",
        ),
        (
            lambda x, mean, variance: _three(x, mean, variance, axes=0),
            "You take the statistics of each place. A batch has one mean for each channel, over all places.",
        ),
        (
            lambda x, mean, variance: _three(x, mean, variance, axes=None),
            "Each channel has its own mean.",
        ),
        (lambda x, mean, variance: _three(x, mean, variance, epsilon=0), NO_EPSILON),
        (
            lambda x, mean, variance: [_three(x, mean, variance, epsilon=0)[0], *_three(x, mean, variance)[1:]],
            NO_EPSILON,
        ),
        (
            lambda x, mean, variance: _divided(x, mean, variance, lambda v: v + EPSILON),
            "Divide by the root of (variance + 0.001).",
        ),
        (
            lambda x, mean, variance: _divided(x, mean, variance, lambda v: np.sqrt(v) + EPSILON),
            "Add 0.001 before the root.",
        ),
        (
            lambda x, mean, variance: _three(x, mean, variance)[::-1],
            "The order is batch, population, new variables.",
        ),
        (lambda x, mean, variance: _three(x, mean, variance)[:2], "Three results are wanted."),
        (
            lambda x, mean, variance: [_three(x, mean, variance)[way] for way in (1, 0, 2)],
            "You have exchanged the first two results. That of the batch comes first.",
        ),
    ],
)


def _with_half_the_contrast(b):
    chroma = color.GREY + b / 255
    return 255 / (1 + np.exp(-np.log(chroma / (1 - chroma)) / 2)) - 128


q5 = Number(
    task="""
A network without normalization and biases answers with b = -40 at one place. Now the contrast of the photograph is
halved. Which b does it answer there? Give it to a tenth.
""",
    hint="Scale b to a chroma in [0, 1], go back through the sigmoid to the logit, halve it, and return.",
    solution="""
q5 = 255 / (1 + ((1 - (128 - 40) / 255) / ((128 - 40) / 255)) ** 0.5) - 128
""",
    because="It is nearly half of -40, since the sigmoid is nearly straight in the middle.",
    expected=lambda: _with_half_the_contrast(-40),
    mistakes=[
        (-20.51, "Mind the scale: chroma is (b + 128) / 255, so its middle is b = -0.5."),
        (-20, "You have halved b. It is the logit that halves, and between the two stands a sigmoid."),
        (-40, "This is the answer at the full contrast."),
        (_with_half_the_contrast(-40) / 255 + color.GREY, "This is the chroma in [0, 1]. Scale it back to b."),
        (np.log(88 / 167) / 2, "This is the logit. The sigmoid and the scale come after it."),
    ],
)
