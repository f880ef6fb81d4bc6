"""Wrong answers to the exercises of the course, as a learner might write them, each with the reason it must be given.

notebook -> exercise -> pairs of an answer and a part of the reason.
"""

import numpy as np

from colorlab.networks import by_hand


def without_zeros(x, kernel):
    height, width = x.shape[1] - 2, x.shape[2] - 2
    return sum(x[:, i : i + height : 2, j : j + width : 2] @ kernel[i, j] for i in range(3) for j in range(3))


def with_zeros_around(x, kernel):
    height, width = x.shape[1:3]
    x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return sum(x[:, i : i + height : 2, j : j + width : 2] @ kernel[i, j] for i in range(3) for j in range(3))


def turned_kernel(x, kernel):
    return by_hand.convolution(x, np.flip(kernel, (0, 1)).transpose(3, 2, 0, 1), 2)


def stride_too_early(sides, strides):
    width, jump = 1, 1
    for side, stride in zip(sides, strides, strict=True):
        jump *= stride
        width += (side - 1) * jump
    return width


def nearest_to_itself(rows):
    rows = rows / np.linalg.norm(rows, axis=1)[:, None]
    return np.argmin([[np.sum((a - b) ** 2) for b in rows] for a in rows], axis=1)


def nearest_with_lengths(rows):
    distances = np.sum((rows[:, None] - rows) ** 2, axis=-1)
    return np.argsort(distances, axis=1)[:, 1]


def nearest_of_columns(rows):
    return nearest_with_lengths(rows / np.sqrt(np.sum(rows**2, axis=0)))


def tiled(y_global, y_mid, kernel, bias):
    n, height, width, _ = y_mid.shape
    everywhere = np.tile(y_global.reshape(n, 1, 1, -1), (1, height, width, 1))
    return np.concatenate([everywhere, y_mid], axis=3) @ kernel + bias


def wrong_halves(y_global, y_mid, kernel, bias):
    split = y_mid.shape[3]
    return y_mid @ kernel[:split] + (y_global @ kernel[split:])[:, None, None] + bias


def softmax(logits):
    odds = np.exp(logits)
    return odds / odds.sum(axis=-1, keepdims=True)


def from_whole_columns(logits, scene):
    probabilities = softmax(logits)
    probabilities[:, scene] -= 1
    return probabilities.mean(axis=0)


def three_ways(x, mean, variance, axes=(0, 1, 2), root=lambda v: (v + 0.001) ** 0.5):
    statistics = [(x.mean(axes), x.var(axes)), (mean, variance), (0, 1)]
    return [(x - m) / root(v) for m, v in statistics]


def adadelta(gradient, squares, steps, rho=0.95, divisor=None):
    new = rho * squares + (1 - rho) * gradient**2
    change = -gradient * ((steps + 1e-7) / ((new if divisor is None else divisor) + 1e-7)) ** 0.5
    return np.stack([change, new, rho * steps + (1 - rho) * change**2])


def ordered(count, seed, epoch):
    return np.random.default_rng((seed, epoch)).permutation(count)


def interval(differences, t):
    error = t * np.std(differences, ddof=1) / np.sqrt(len(differences))
    return np.mean(differences) + np.array([0, -error, error])


def independent(one, other, t):
    error = t * np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return one.mean() - other.mean() - error, one.mean() - other.mean() + error


WRONG = {
    "lab_conversion": {
        "q1": [
            (lambda rgb: ((rgb / 255 + 0.055) / 1.055) ** 2.4, "left out the straight piece"),
            (lambda rgb: np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92), "not divided by 255"),
            (lambda rgb: np.power(rgb / 255, 2.2), "power 2.2 alone"),
            (lambda rgb: np.where(rgb <= 10, rgb / 255 / 12.92, (rgb / 255) ** 2.4), "Add 0.055"),
            (
                lambda rgb: np.where(rgb > 0.04045, ((rgb / 255 + 0.055) / 1.055) ** 2.4, rgb / 255 / 12.92),
                "or compared the bytes",
            ),
            (lambda rgb: rgb / 255, r"Where rgb is \d+, your function gives"),
        ],
        "q2": [
            (50, "not proportional"),
            (92, "not subtracted the 16"),
            (0.794, "cube root alone"),
            (42, "left out the cube root"),
            (18, "the light of L = 50"),
            (18.4, "the light of L = 50"),
            (79.4, "116 times the cube root"),
            (3, "too small"),
        ],
        "q3": [
            (lambda rgb: (255 * rgb).round().astype("int64") & 255, "overflowed. Clip"),
            (lambda rgb: (255 * rgb.clip(0, 1)).astype("uint8"), "cuts the decimals off"),
            (lambda rgb: np.round(255 * np.clip(rgb, 0, 1)), "the type uint8"),
            (lambda rgb: rgb.clip(0, 1).round() * 255, "before you round"),
        ],
        "q4": [
            (lambda image: image[:, 0::2, 0::2], "one pixel of each square"),
            (lambda image: image.reshape(2, 2, 2, 3, 2, 3).sum(axis=(2, 4)), "the sum of the four"),
            (lambda image: image.reshape(2, 2, 2, 2, 3, 3).mean(axis=(1, 3)), "no neighbours"),
            (lambda image: image.reshape(2, 2, 3, 2, 2, 3).mean((3, 4)), "pixels of different squares"),
            (lambda image: (image[:, ::2] + image[:, 1::2]) / 2, r"The shape \(2, 2, 3, 3\) is wanted"),
        ],
        "q5": [
            (0.02, "one place"),
            (41, "one of the two channels"),
            (8192, "unit x100"),
            (819, "squared"),
            (410, "squared .* both channels"),
        ],
        "q6": [("B", "nearly grey"), ("c", "Compare each loss"), ("the first", 'one of the letters "A", "B", "C"')],
    },
    "low_level_features": {
        "q1": [
            (with_zeros_around, "too far up and left"),
            (turned_kernel, "turn the kernel around"),
            (without_zeros, r"The shape \(2, 3, 4, 4\) is wanted"),
            (lambda x, kernel: by_hand.convolution(x, kernel.transpose(3, 2, 0, 1)), "This is stride 1"),
            (lambda x, kernel: x @ kernel, "Your function stopped in line .*ValueError"),
        ],
        "q2": [(302, "needs now"), (604, "also twice as wide"), (1.2e9, "Give it in millions")],
        "q3": [
            (lambda sides, strides: sum(sides) - len(sides) + 1, "not used the strides"),
            (stride_too_early, "after the width"),
            (lambda sides, strides: strides[0], r"Where sides is \["),
        ],
        "q4": [(1.7, "without ReLU"), (0.4, "9 times 128"), (28.8, "left out the square root")],
        "q5": [("A", "Many photographs"), ("C", "other kernels say nothing"), (12, "one of the letters")],
    },
    "mid_level_features": {
        "q1": [
            (lambda x, g, b, m, v, e: g * (x - x.mean((0, 1, 2))) / (x.var((0, 1, 2)) + e) ** 0.5 + b, "this batch"),
            (lambda x, g, b, m, v, e: g * (x - m) / np.sqrt(v) + b, "left out epsilon"),
            (lambda x, g, b, m, v, e: g * (x - m) / (v + e) + b, "divide by the variance"),
            (lambda x, g, b, m, v, e: g * ((x - m) / np.sqrt(v + e) + b), "not multiplied by gamma"),
        ],
        "q2": [
            (lambda old, x, momentum: old + momentum * (x.mean((0, 1, 2)) - old), "exchanged the two parts"),
            (lambda old, x, momentum: momentum * old + (1 - momentum) * x.mean(axis=0), "over the photographs only"),
            (lambda old, x, momentum: np.average(x, axis=(0, 1, 2)), "forgotten at once"),
        ],
        "q3": [(20, "36 % are left"), (459, "momentum of 0.99"), (59, "5 % are left")],
        "q4": [("a", "would not fall"), ("C", "noisy"), (None, "one of the letters")],
        "q5": [
            (lambda a, t, c: ((a - t) ** 2).mean() / ((c - t) ** 2).mean(), "part of the error that is left"),
            (lambda a, t, c: 1 - abs(a - t).mean() / abs(c - t).mean(), "Square each of them"),
            (
                lambda a, t, c: np.mean(1 - ((a - t) ** 2).sum((1, 2, 3)) / ((c - t) ** 2).sum((1, 2, 3))),
                "each photograph's own score",
            ),
        ],
    },
    "global_features": {
        "q1": [
            (lambda row, column, channel, width, channels: channel * 64 + row * 8 + column, "channel after channel"),
            (lambda row, column, channel, width, channels: row * 20 + column * 160 + channel, "exchanged the row"),
            (lambda row, column, channel, width, channels: width * row + column, "number of the place"),
        ],
        "q2": [(131_072, "has a bias, too"), (8_389_120, "after flattening"), (33_280, "over the 64 places")],
        "q3": [(4_194_560, "Only one side"), (8_389_120, "depth 64"), (33_024, "global average pooling")],
        "q4": [
            (nearest_to_itself, "its own nearest neighbour"),
            (nearest_with_lengths, "not divided each row"),
            (nearest_of_columns, "Divide each row"),
        ],
        "q5": [
            (lambda first, second: np.std(first - second), "root of N"),
            (lambda first, second: np.sqrt((first.var() + second.var()) / 30), "different photographs"),
            (lambda first, second: np.std(first - second, ddof=1) / 30**0.5, "N - 1"),
        ],
    },
    "fusion": {
        "q1": [
            (tiled, "copies the global features to every place"),
            (wrong_halves, "exchanged the halves"),
            (lambda g, m, kernel, bias: m @ kernel[5:] + (g @ kernel[:5])[:, None, None], "left out the bias"),
            (lambda g, m, kernel, bias: m @ kernel[5:] + (g @ kernel[:5] + bias)[0], "first photograph"),
            (lambda g, m, kernel, bias: tiled(g, m, kernel, bias).clip(0), "This is after ReLU"),
            (
                lambda g, m, kernel, bias: m @ kernel[5:] + g @ kernel[:5] + bias,
                "could not be broadcast.*Compare the sh",
            ),
            (lambda g, m, kernel, bias: g @ kernel[:128], "core dimension.*the notebook's.$"),
            (lambda g, m, kernel, bias: kernel @ g, "core dimension.*the notebook's.$"),
            (lambda g, m, kernel, bias: np.dot(g, bias), "not aligned.*the notebook's.$"),
            (lambda g, m, kernel, bias: g @ kernel[:5] + bias, r"The shape \(3, 4, 6, 4\) is wanted"),
        ],
        "q2": [
            (167.8, "literal form"),
            (168, "literal form"),
            (134.2, "left out the mid-level ones"),
            (33.587, "with 128"),
            (33_685_504, "in millions"),
        ],
        "q3": [("A", "differs from place to place"), ("C", "add a vector"), ("D", "one of the letters")],
        "q4": [(2, "differ from each other"), (5, "a row and a column"), (8, "inner places, too")],
    },
    "colorization_network": {
        "q1": [
            (lambda maps: np.concatenate([np.concatenate([maps] * 2, 1)] * 2, 2), "side by side"),
            (lambda maps: maps.repeat(2, 0).repeat(2, 1), "Axis 0 counts the photographs"),
            (lambda maps: maps.repeat(2, axis=1), "the rows only"),
        ],
        "q2": [(0.25, "in the middle"), (0.9, "answer of the sigmoid"), (0.1, "Multiply it")],
        "q3": [(0.05, "shrinks to a hundredth"), (0.5, "usual weights"), (0.0707, "standard deviation")],
        "q4": [
            (lambda chroma: 1 / (1 + np.exp(-chroma)), "Its inverse is wanted"),
            (lambda chroma: chroma, "chroma itself"),
            (lambda chroma: np.log(1 / chroma - 1), "sign is wrong"),
        ],
        "q5": [("A", "Other random weights"), ("C", "In training mode"), ("", "one of the letters")],
        "q6": [
            (lambda row: np.stack([row, row], axis=1).ravel(), "nearest upsampling"),
            (lambda row: np.interp(np.linspace(0, 5, 12), range(6), row), "outer edges"),
            (lambda row: np.interp(np.arange(12) / 2, range(6), row), "a quarter of an old pixel"),
            (lambda row: row, r"The shape \(12,\) is wanted"),
        ],
    },
    "result_gallery": {
        "q1": [
            (lambda ours, of_grey: ours.argsort(), "CIEDE2000 alone"),
            (lambda ours, of_grey: np.argsort(of_grey - ours), "reversed"),
            (lambda ours, of_grey: sorted(of_grey - ours, reverse=True), "your function gives"),
            (lambda ours, of_grey: np.argsort(-of_grey / ours), "by the ratio"),
        ],
        "q2": [
            (lambda o, g, d: 100 * np.quantile((1 - o / g)[d].mean(1), [0.05, 0.95]), "divide the sums"),
            (lambda o, g, d: 100 * np.quantile(1 - o[d].mean(1) / g[d].mean(1), [0.025, 0.975]), "95 % of the draws"),
            (lambda o, g, d: np.quantile(1 - o[d].sum(1) / g[d].sum(1), [0.05, 0.95]), "in percent"),
            (lambda o, g, d: 100 * (1 - o[d].sum(1) / g[d].sum(1)), r"The shape \(2,\) is wanted"),
        ],
        "q3": [(20, "equally frequent"), (60, "the fourth time"), (0, "exchanged"), (-10, "too small")],
        "q4": [
            (lambda p, t: (p * t).sum() / (t * t).sum(), "multiplied by the factor"),
            (lambda p, t: np.linalg.norm(t) / np.linalg.norm(p), "wrong direction"),
            (lambda p, t: np.mean(t / p), "Small predictions"),
            (lambda p, t: (p * t).sum(0) / (p * p).sum(0), "a factor each"),
        ],
        "q5": [("A", "the choice of the factor has"), ("C", "smallest of thirty"), (30, "one of the letters")],
    },
    "the_mystery": {
        "q1": [
            (lambda levels: np.clip(levels, 0, 255).astype("uint8"), "the clip that the program lacked"),
            (lambda levels: (levels // 1 % 256).astype("uint8"), "cut off before 256 is added"),
            (lambda levels: (levels % 256).astype("uint8"), "cut off before 256 is added"),
            (lambda levels: levels % 256, "Cut the decimals off first"),
            (lambda levels: (levels.round() % 256).astype("uint8"), "to the nearest number"),
            (lambda levels: levels.astype("int64") % 256, "the type uint8"),
        ],
        "q2": [("A", "too much red"), ("C", "a small byte"), ("violet", "one of the letters")],
        "q3": [
            (lambda blue, expected: blue + (expected - blue) // 256 * 256, "cut the number of turns off"),
            (lambda blue, expected: blue + ((expected - blue) / 256).astype(int) * 256, "cut the number of turns off"),
            (lambda blue, expected: blue + 256 * (expected - blue > 128), "one turn at most"),
            (
                lambda blue, expected: blue + 256 * ((expected - blue > 128) * 1 - (expected - blue < -128)),
                "not always enough",
            ),
            (lambda blue, expected: blue + 256 * (expected / 256).round(), "Count the turns from the byte"),
            (lambda blue, expected: ((expected - blue) / 256).round(), "Add the turns to the bytes"),
            (lambda blue, expected: ((expected - blue) / 256).round() * 256, "Add the turns to the bytes"),
            (lambda blue, expected: np.where(blue < 128, blue + 256, blue), "Where blue is"),
        ],
        "q4": [
            (lambda x, m, v: [(x - x.mean((1, 2), keepdims=True)) / 2, x, x], "Where |At the place"),
            (
                lambda x, m, v: [
                    (x - x.mean((0, 1, 2))) / x.std((0, 1, 2)),
                    (x - m) / v**0.5,
                    x,
                ],
                "left out the 0.001",
            ),
            (
                lambda x, m, v: [(x - x.mean((0, 1, 2))) / x.std((0, 1, 2)), *three_ways(x, m, v)[1:]],
                "left out the 0.001",
            ),
            (lambda x, m, v: three_ways(x, m, v, root=lambda v: v + 0.001), "Divide by the root"),
            (lambda x, m, v: three_ways(x, m, v, root=lambda v: v**0.5 + 0.001), "Add 0.001 before the root"),
            (lambda x, m, v: three_ways(x, m, v, axes=None), "Each channel has its own mean"),
            (lambda x, m, v: three_ways(x, m, v)[::-1], "The order is batch, population, new"),
            (lambda x, m, v: three_ways(x, m, v)[:2], "Three results are wanted"),
            (lambda x, m, v: (x - m) / np.sqrt(v + 0.001), r"The shape \(3, 3, 4, 4, 2\) is wanted"),
        ],
        "q5": [
            (-20, "the logit that halves"),
            (-20.5, "Mind the scale"),
            (-40, "full contrast"),
            (0.4206, "Scale it back"),
            (-0.32, "the logit"),
        ],
    },
    "five_ways": {
        "q1": [
            (lambda ab, labels: np.array([np.median(ab[labels == k], axis=0) for k in range(4)]), "the median"),
            (lambda ab, labels: np.array([ab[labels == k].sum(axis=0) for k in range(4)]), "Divide it by the number"),
            (lambda ab, labels: ab.mean(axis=(0, 1)) * np.ones((4, 1)), "over all pixels"),
            (lambda ab, labels: np.array([ab[labels == k].mean() for k in range(4)]), r"The shape \(4, 2\) is wanted"),
        ],
        "q2": [
            (lambda one, others, sigma: np.exp(-((others - one) ** 2) / 2 / sigma**2), "Divide them by their sum"),
            (lambda one, others, sigma: softmax(-((others - one) ** 2) / sigma**2), "left out the 2"),
            (lambda one, others, sigma: softmax(-((others - one) ** 2) / 2 / sigma), "Square sigma"),
            (lambda one, others, sigma: others / others.sum(), "your function gives"),
        ],
        "q3": [(261, "left out lambda"), (130.5, "multiplied by lambda"), (0.0019, "the denominator"), (40, "small")],
        "q4": [
            (lambda p, centres, T: p @ centres, "as with T = 1"),
            (lambda p, centres, T: centres[np.argmax(p, axis=1)], "most probable bin"),
            (lambda p, centres, T: softmax(T * np.log(p)) @ centres, "The power is 1/T"),
            (lambda p, centres, T: softmax(np.log(p) / T), r"The shape \(4, 2\) is wanted"),
        ],
        "q5": [
            (lambda p, w, gamma: p / w**gamma, "so that it sums to 1"),
            (lambda p, w, gamma: softmax(np.log(p) + gamma * np.log(w)), "more probable still"),
            (lambda p, w, gamma: softmax(np.log(p) - np.log(w)), "all of the rebalancing back"),
            (lambda p, w, gamma: p, "take nothing back"),
        ],
    },
    "classification_network": {
        "q1": [
            (lambda logits: np.exp(logits) / np.exp(logits).sum(axis=1)[:, None], "exponentials overflow"),
            (lambda logits: np.exp(logits - logits.max(axis=1)[:, None]), "left out the division"),
            (lambda logits: np.exp(logits) / np.sum(np.exp(logits), axis=0), "columns add up to 1"),
            (lambda logits: np.exp(logits) / np.exp(logits).sum(axis=1), "Your function stopped in line .*ValueError"),
        ],
        "q2": [
            (lambda p, scene: np.mean([np.log(row[k]) for row, k in zip(p, scene, strict=True)]), "sign is missing"),
            (lambda p, scene: -np.log2(p[np.arange(5), scene]).mean(), "in bits"),
            (lambda p, scene: -np.log(p[np.arange(5), scene].mean()), "logarithm of each one first"),
            (lambda p, scene: -np.log(p[:, scene]).mean(), "your function gives"),
        ],
        "q3": [(3, "nats of one photograph"), (8, "2 to the power"), (3_269_017, "not by alpha"), (100, "too large")],
        "q4": [
            (lambda p: -(p * np.log(p)).sum(axis=1), "This is the entropy"),
            (lambda p: np.exp((p * np.log(p)).sum(axis=1)), "sign is wrong"),
            (lambda p: 2 ** -(p * np.log(p)).sum(axis=1), "2 to the power"),
            (lambda p: np.exp(-np.sum(p * np.log(p))), r"The shape \(4,\) is wanted"),
        ],
        "q5": [
            ("B", "comes after the global features"),
            ("C", "on the way to the scene"),
            ("AB", "one of the letters"),
        ],
    },
    "joint_loss": {
        "q1": [
            (lambda answered, true: ((answered - true) ** 2).mean(), "mean over all values"),
            (lambda answered, true: np.square(answered - true).sum(), "over the whole batch"),
            (lambda answered, true: np.sqrt(((answered - true) ** 2).sum(axis=(1, 2, 3))).mean(), "take no root"),
            (
                lambda answered, true: ((answered - true) ** 2).sum(axis=(1, 2, 3)),
                r"shape \(5,\). A single number is wanted. These are the losses of the images",
            ),
            (lambda answered, true: ((answered - true) ** 2).mean(axis=3).sum() / 5, "half of the loss"),
        ],
        "q2": [(41.8, "two values"), (27.3, "64 x 64"), (1.33e-7, "must become larger"), (50, "too small")],
        "q3": [
            (lambda z, s: (np.eye(4)[s] - np.exp(z) / np.exp(z).sum(1, keepdims=True)).mean(0), "sign is wrong"),
            (lambda z, s: (np.exp(z) / np.exp(z).sum(1, keepdims=True)).mean(0), "mean probabilities"),
            (lambda z, s: (np.exp(z) / np.exp(z).sum(1, keepdims=True) - np.eye(4)[s]).sum(0), "sum over the batch"),
            (from_whole_columns, "subtracts from whole columns"),
            (lambda z, s: (np.exp(z) / np.exp(z).sum(0) - np.eye(4)[s]).mean(0), "must add up to 1"),
            (lambda z, s: (np.exp(z) / np.exp(z).sum() - np.eye(4)[s]).mean(0), "must add up to 1"),
            (lambda z, s: (softmax(z) - np.eye(4)[s]).mean(axis=1), "over the photographs, axis 0"),
            (lambda z, s: z[0], r"Where scene is \[.*\], at the place \(\d,\) of the result, your function gives"),
        ],
        "q4": [
            (lambda a, b: (b @ b) ** 0.5 / (a @ a) ** 0.5, "the inverse"),
            (lambda a, b: (a @ a) / (b @ b), "squared lengths"),
            (lambda a, b: abs(a).mean() / abs(b).mean(), "absolute values"),
        ],
        "q5": [("A", "plain gradient descent"), ("b", "100 times as large, too"), (100, "one of the letters")],
    },
    "gpu_training": {
        "q1": [
            (lambda g, s, d: adadelta(g, s, d) * np.array([[-1], [1], [1]]), "wrong sign"),
            (lambda g, s, d: adadelta(g, s, d, divisor=s), "Update them first"),
            (lambda g, s, d: adadelta(g, s, d, rho=0.05), "exchanged rho"),
            (lambda g, s, d: adadelta(g, s, d)[0], r"The shape \(3, 7\) is wanted"),
        ],
        "q2": [(1, "does not move"), (0.5, "more than the step"), (0.125, "half of it"), (2.0, "too large")],
        "q3": [
            (
                lambda n, size, seed, step: ordered(n, seed, 0)[np.arange(step * size, (step + 1) * size) % n],
                "every epoch",
            ),
            (lambda n, size, seed, step: ordered(n, seed, step)[:size], "before others have come once"),
            (lambda n, size, seed, step: np.arange(step * size, (step + 1) * size) % n, "order of the data set"),
            (lambda n, size, seed, step: ordered(n, seed, 0), r"The shape \(20,\) is wanted"),
        ],
        "q4": [
            (1.16, "single epoch"),
            (1736, "minutes"),
            (1.206, "days"),
            (0.289, "counted batches"),
            (28, "too small"),
        ],
        "q5": [
            (137, "without a warning"),
            (138, "after SIGTERM"),
            (119, "The next one follows"),
            (121, "numbered from 0"),
        ],
    },
    "next_steps": {
        "q1": [
            (lambda rgb: ((rgb < 0) | (rgb > 1)).mean(), "the share of the numbers"),
            (lambda rgb: (rgb.max(axis=-1) > 1).mean(), "above 1 only"),
            (lambda rgb: np.mean(rgb.min(axis=-1) < 0), "below 0 only"),
            (lambda rgb: ((rgb < 0) | (rgb > 1)).any(axis=-1), "A single number is wanted"),
        ],
        "q2": [
            (lambda a, b, t: interval(b - a, t), "take without - whole"),
            (lambda a, b, t: interval(a - b, t * 5**0.5), "Divide by the root of n"),
            (lambda a, b, t: interval(a - b, t * 0.8**0.5), "give ddof=1"),
            (lambda a, b, t: (a.mean() - b.mean(), *independent(a, b, t)), "Take the difference of each pair first"),
            (lambda a, b, t: interval(a - b, t)[1:], r"The shape \(3,\) is wanted"),
        ],
        "q3": [(4 * 0.05, "added the four"), (0.814, "without any finding"), (18.5, "in percent"), (0.5, "too large")],
        "q4": [
            (lambda p: np.clip(p * len(p), 0, 1), "Bonferroni"),
            (lambda p: [(4 - np.sum(p < one)) * one for one in p], "Keep the largest so far"),
            (lambda p: np.maximum.accumulate(np.sort(p) * [4, 3, 2, 1]), "sorted. Return them in the order"),
            (lambda p: [k * one for k, one in zip((4, 3, 2, 1), p, strict=True)], "Sort first"),
        ],
        "q5": [
            (lambda mine, others: [row[-1] > np.median(others[:, 2]) for row in mine], "The best one decides"),
            (lambda mine, others: mine.min(axis=1) > others[:, 2].mean(), "take the median"),
            (lambda mine, others: mine.min(axis=1) > np.median(others, axis=0).mean(), "your function gives"),
            (lambda mine, others: mine.min(axis=1) <= np.median(others[:, 2]), "give up the good trials"),
        ],
        "q6": [
            ("a", "hardly moves the weights"),
            ("C", "the same validation photographs"),
            (4601, "one of the letters"),
        ],
    },
}
