"""The exercises of notebook 10: a ranking, how sure a measure is, why colours are pale, and how strong to make them."""

import numpy as np

from colorlab.course.exercises.exercise import Choice, Function, Number


def _ranked(ours, of_grey):
    return np.argsort(ours - of_grey, kind="stable")


q1 = Function(
    task="""
Rank photographs by what their colours gain. Your function gets ours, the mean CIEDE2000 of each coloured photograph
to the truth, and of_grey, that of each grey photograph, both of the shape (n,). Return the numbers of the
photographs, 0 to n - 1, from the largest gain over grey to the smallest.
""",
    hint="np.argsort returns the numbers that sort an array from the smallest to the largest.",
    solution="""
def my_ranking(ours, of_grey):
    gained = of_grey - ours
    return np.argsort(-gained)
""",
    draw=lambda random: _scores(random),
    expected=_ranked,
    mistakes=[
        (
            lambda ours, of_grey: np.argsort(ours),
            "You rank by CIEDE2000 alone. A photograph with hardly any colour would be the best by it.",
        ),
        (lambda ours, of_grey: np.argsort(of_grey - ours), "The order is reversed. The largest gain comes first."),
        (
            lambda ours, of_grey: np.argsort(ours / of_grey),
            "You rank by the ratio of the two. The gain is their difference.",
        ),
        (
            lambda ours, of_grey: np.argsort(_ranked(ours, of_grey)),
            "These are the ranks of the photographs. The numbers of the photographs are wanted, in the order of the "
            "ranking.",
        ),
        (lambda ours, of_grey: of_grey - ours, "These are the gains themselves. Sort them."),
    ],
)


def _scores(random):
    """Draw scores. The first two photographs are ranked otherwise by CIEDE2000 alone, or by a ratio."""
    return np.append([1, 15], random.uniform(2, 20, 13)), np.append([4, 20], random.uniform(2, 20, 13))


def _interval(ours, of_grey, drawn, quantiles=(0.05, 0.95)):
    shares = 1 - ours[drawn].sum(axis=1) / of_grey[drawn].sum(axis=1)
    return 100 * np.quantile(shares, quantiles)


q2 = Function(
    task="""
Compute a bootstrap interval. Your function gets the squared errors of n photographs, ours and of_grey, both of the
shape (n,), and drawn, an array of the shape (draws, n). Each row of drawn holds the numbers of n photographs that
were drawn anew. For each row, add up the errors of its photographs and compute by how many percent the sum of ours is
below that of grey. Return the 5 % quantile and the 95 % quantile of these percentages.
""",
    hint="ours[drawn] has the shape (draws, n). Sum it over axis 1. np.quantile(values, [0.05, 0.95]) gives both.",
    solution="""
def my_interval(ours, of_grey, drawn):
    shares = 1 - ours[drawn].sum(axis=1) / of_grey[drawn].sum(axis=1)
    return 100 * np.quantile(shares, [0.05, 0.95])
""",
    because="Both errors come from the same drawn photographs, so an easy draw helps ours and grey alike.",
    draw=lambda random: (random.uniform(1, 9, 12), random.uniform(8, 20, 12), random.integers(0, 12, (40, 12))),
    expected=lambda ours, of_grey, drawn: _interval(ours, of_grey, drawn),
    mistakes=[
        (
            lambda ours, of_grey, drawn: _interval(ours / of_grey, np.ones(len(ours)), drawn),
            "You average the share of each photograph. Add up the errors first, and divide the sums.",
        ),
        (
            lambda ours, of_grey, drawn: _interval(ours, of_grey, drawn, (0.025, 0.975)),
            "This is the range of 95 % of the draws. From 5 % to 95 % it holds nine of ten.",
        ),
        (lambda ours, of_grey, drawn: _interval(ours, of_grey, drawn) / 100, "Give it in percent."),
        (
            lambda ours, of_grey, drawn: 100 - _interval(ours, of_grey, drawn, (0.95, 0.05)),
            "This is the part of grey's error that is left. It is wanted by how much the error is below.",
        ),
        (
            lambda ours, of_grey, drawn: 100 * np.quantile(1 - ours / of_grey, [0.05, 0.95]),
            "You have not used the draws. These are quantiles over photographs.",
        ),
    ],
)


q3 = Number(
    task="""
Suppose that a thing has a = 60 in three cases out of four, and a = -20 in the fourth. Nothing in its lightness tells
which. Which answer a has the smallest squared error on average?
""",
    hint="The squared error is smallest at the mean of what occurs. Weight each value by how often it occurs.",
    solution="q3 = 0.75 * 60 + 0.25 * -20",
    because="It is never true. With the absolute error in place of the squared one, the best answer would be 60.",
    expected=lambda: 0.75 * 60 + 0.25 * -20,
    mistakes=[
        (20, "This is the mean if both are equally frequent."),
        (60, "This is the most frequent value. It costs nothing three times, but very much the fourth time."),
        (0, "You have exchanged the frequencies: 60 is the more frequent value."),
        (50, "The second value is negative: -20."),
    ],
)


def _factor(p, t):
    return np.sum(p * t) / np.sum(p * p)


q4 = Function(
    task="""
Find the factor that costs least. Your function gets p, the predictions, and t, the truths, both of the shape (n, 2)
and in distances from grey. Return the factor f for which the sum of all |f p - t|² is smallest.
""",
    hint="The sum is a parabola in f: f² P - 2 f M + T. Where is its derivative zero, and what are P and M?",
    solution="""
def my_factor(p, t):
    return np.sum(p * t) / np.sum(p * p)
""",
    because="It needs no search: one pass over the photographs gives the factor.",
    draw=lambda random: _pair(random),
    expected=_factor,
    mistakes=[
        (
            lambda p, t: np.sum(p * t) / np.sum(t * t),
            "You divide by the sum of t². Which of the two is multiplied by the factor?",
        ),
        (
            lambda p, t: np.sqrt(np.sum(t * t) / np.sum(p * p)),
            "This makes p as large as t. But where p points in a wrong direction, a larger p costs more.",
        ),
        (lambda p, t: np.mean(t / p), "You average the ratios. Small predictions would then count most."),
        (
            lambda p, t: np.sum(p * t, axis=0) / np.sum(p * p, axis=0),
            "You give a and b a factor each. Sum over both.",
        ),
        (lambda p, t: 2 * np.sum(p * t) / np.sum(p * p), "The derivative of f² P is 2 f P. You have lost its 2."),
    ],
)


def _pair(random):
    """Draw predictions and truths. One prediction is nearly grey, which ruins a mean of ratios."""
    p = random.normal(0, 10, (20, 2))
    t = 1.3 * p + random.normal(0, 12, (20, 2))
    p[0], t[0] = 0.01, 10
    return p, t


q5 = Choice(
    task="""
Thirty factors are tried on the same photographs, and the one with the smallest error is taken. Its error on these
photographs is reported. What is wrong with that?

- "A": nothing, since the photographs were not used for the training of the network.
- "B": the error is too small, since the factor was chosen because it happened to fit these photographs.
- "C": the error is too large, since a factor can only be chosen well on more photographs.
""",
    hint="Suppose that all thirty factors were equally good, and that chance alone made their errors differ.",
    solution='q5 = "B"',
    because="So one half of the photographs chooses, and the other half measures.",
    right="B",
    wrong={
        "A": "The network has not seen them, but the choice of the factor has.",
        "C": "More photographs make the choice better. But the smallest of thirty errors is on average too small, not "
        "too large.",
    },
)
