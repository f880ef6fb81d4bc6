"""The exercises of notebook 01: light and bytes, lightness, half resolution, and what a loss means."""

import numpy as np

from colorlab import color
from colorlab.course.exercises.exercise import Choice, Function, Number
from colorlab.networks.tables import TABLES


def _power(x):
    return ((x + 0.055) / 1.055) ** 2.4


q1 = Function(
    task="""
Write sRGB's curve. Your function gets bytes from 0 to 255, in an array of any shape. Divide them by 255 and call the
result x. Where x is at most 0.04045, the light is x / 12.92. Where x is larger, the light is ((x + 0.055) / 1.055) to
the power of 2.4.
""",
    hint="np.where(condition, one, other) takes `one` where the condition is true, and `other` elsewhere.",
    solution="""
def my_light(rgb):
    x = rgb / 255
    return np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)
""",
    draw=lambda random: (np.r_[random.integers(1, 10, 4), random.integers(11, 256, 4)],),
    expected=lambda rgb: color.LINEAR_LIGHT_OF_BYTE[rgb],
    mistakes=[
        (
            lambda rgb: np.where(rgb > 0.04045, _power(rgb), rgb / 12.92),
            "It looks as if the bytes were not divided by 255. The formulas want numbers from 0 to 1.",
        ),
        (
            lambda rgb: _power(rgb / 255),
            "You have left out the straight piece, or compared the bytes with 0.04045 and not x: up to x = 0.04045 the "
            "light is x / 12.92.",
        ),
        (
            lambda rgb: np.where(rgb / 255 > 0.04045, (rgb / 255) ** 2.4, rgb / 255 / 12.92),
            "You take x itself to the power. Add 0.055 and divide by 1.055 first.",
        ),
        (
            lambda rgb: (rgb / 255) ** 2.2,
            "This is the power 2.2 alone. It comes close to sRGB's curve, but it is another curve.",
        ),
        (
            lambda rgb: np.where(rgb / 255 > 0.04045, rgb / 255 / 12.92, _power(rgb / 255)),
            "The two pieces have changed places: the power is for the large x.",
        ),
    ],
    tolerance=1e-6,
)


def _lightness_of_half():
    """The L of a grey that reflects half of white's light. Its sRGB value is read off the package's curve."""
    grey = np.interp(0.5, color.LINEAR_LIGHT_OF_BYTE, np.arange(256) / 255)
    return color.rgb_to_lab(np.full(3, grey))[0]


OF_L_50 = "This is the light of L = 50, in percent. The question goes the other way."

q2 = Number(
    task="""
A white sheet of paper reflects all the light that falls on it. A grey sheet reflects half of it, so its Y is 0.5.
Which lightness L does the grey sheet have? Compute it with the formula for L above.
""",
    hint="f(0.5) is the cube root of 0.5, since 0.5 is more than 0.008856.",
    solution="q2 = 116 * 0.5 ** (1 / 3) - 16",
    because="Half of the light is three quarters of the way from black to white.",
    expected=_lightness_of_half,
    mistakes=[
        (50, "L is not proportional to light. There is a cube root between them."),
        (116 * 0.5 ** (1 / 3), "You have not subtracted the 16 at the end."),
        (100 * 188 / 255, "This is the byte of half the light, in percent of 255. L has a curve of its own."),
        (116 * 0.5 - 16, "You have left out the cube root."),
        (18, OF_L_50),
        (18.42, OF_L_50),
        (100 * 0.5 ** (1 / 3), "L is 116 times the cube root, minus 16."),
        (0.5 ** (1 / 3), "This is the cube root alone. L is 116 times it, minus 16."),
        (116 * 0.5**3 - 16, "You have taken the third power. The cube root is the power of 1/3."),
    ],
)


q3 = Function(
    task="""
Write the last step safely. Your function gets red, green and blue as floating-point numbers. Some of them lie below 0
or above 1. Clip them to the range from 0 to 1, multiply by 255, round to the nearest whole number, and return an
array of the type uint8.
""",
    hint="np.clip clips, np.round rounds, and .astype('uint8') makes bytes. The order matters.",
    solution="""
def my_bytes(rgb):
    return np.round(np.clip(rgb, 0, 1) * 255).astype("uint8")
""",
    draw=lambda random: (np.r_[-0.2, 1.2, random.uniform(-0.3, 1.3, 60)],),
    expected=lambda rgb: color.to_uint8(rgb),
    mistakes=[
        (
            lambda rgb: np.round(255 * rgb) % 256,
            "The numbers outside of the range have overflowed. Clip before you make bytes.",
        ),
        (
            lambda rgb: np.trunc(255 * rgb) % 256,
            "The numbers outside of the range have overflowed, and the others were cut off instead of rounded.",
        ),
        (lambda rgb: np.trunc(255 * np.clip(rgb, 0, 1)), "A cast to bytes cuts the decimals off. Round first."),
        (
            lambda rgb: np.minimum(np.round(256 * np.clip(rgb, 0, 1)), 255),
            "The largest byte is 255, so multiply by 255 and not by 256.",
        ),
        (lambda rgb: 255 * np.round(np.clip(rgb, 0, 1)), "Multiply by 255 before you round."),
    ],
)


q4 = Function(
    task="""
Halve pictures. Your function gets an array of the shape (N, H, W, C): N pictures with H rows, W columns and C
channels, where H and W are even. Replace each square of 2x2 pixels by its mean. The result has the shape (N, H/2,
W/2, C).
""",
    hint="image[:, ::2, ::2] takes the upper left pixel of every square. Which slices take the other three?",
    solution="""
def my_halved(image):
    upper = image[:, ::2, ::2] + image[:, ::2, 1::2]
    lower = image[:, 1::2, ::2] + image[:, 1::2, 1::2]
    return (upper + lower) / 4
""",
    draw=lambda random: (random.random((2, 4, 6, 3)),),
    expected=lambda image: color.halved(image),
    mistakes=[
        (lambda image: image[:, ::2, ::2], "You take one pixel of each square. The mean of all four is wanted."),
        (lambda image: 4 * color.halved(image), "This is the sum of the four pixels. Divide it by 4."),
        (
            lambda image: (image[:, ::2, ::2] + image[:, ::2, 1::2]) / 2,
            "You average each pixel with its neighbour in the same row only.",
        ),
        (
            lambda image: np.mean(np.reshape(image, (2, 2, 2, 2, 3, 3)), axis=(1, 3)),
            "You average pixels that are no neighbours. In reshape, split a side into (side / 2, 2), in this order.",
        ),
        (
            lambda image: np.mean(np.reshape(image, (2, 2, 3, 2, 2, 3)), axis=(3, 4)),
            "Your reshape mixes pixels of different squares: split each axis into (H/2, 2) and (W/2, 2).",
        ),
        (
            lambda image: (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2]) / 4,
            "Axis 0 counts the pictures. Rows are axis 1 and columns are axis 2.",
        ),
    ],
)


q5 = Number(
    task="""
A network answers for one photograph. Its scaled a is too large by 0.1 at each of the 64 x 64 places, and so is its
scaled b. What is the chroma loss of this photograph? Give the loss of one image, not the unit x100.
""",
    hint="One place adds 0.1² for a and 0.1² for b. How many places are there?",
    solution="q5 = 64 * 64 * 2 * 0.1**2",
    because="In the unit x100 it is 8,192. The next cell shows that grey costs a quarter of that. An error of 0.1 is "
    "25 Lab units.",
    expected=lambda: np.prod(TABLES["colorization"][-1].output) * 0.1**2,
    mistakes=[
        (0.02, "This is one place. Add up all 64 x 64 of them."),
        (40.96, "This is one of the two channels. Add up a and b."),
        (8192, "This is the unit x100, the sum over 100 images. One image is asked for."),
        (819.2, "The errors are squared before they are added."),
        (409.6, "The errors are squared before they are added. Add up both channels, too."),
        (0.01, "This is the mean of the squared errors. The loss is their sum."),
        (327.68, "The lightness has 128 x 128 places. The colours have 64 x 64."),
    ],
)


q6 = Choice(
    task="""
Two networks were measured on different photographs. The first has a chroma loss of 2,000, where grey costs 2,640.
The second has a chroma loss of 1,500, where grey costs 1,550. Which network knows more about colour?

- "A": the first.
- "B": the second.
- "C": both know the same.
""",
    hint="Which part of grey's loss does each network save?",
    solution='q6 = "A"',
    because="The first saves 24 % of what grey costs, the second 3 %.",
    right="A",
    wrong={
        "B": "Its loss is smaller, but its photographs are nearly grey. There, any answer near grey is cheap. Compare "
        "each loss with that of grey.",
        "C": "Compare each loss with that of grey. The two networks save very different parts of it.",
    },
)
