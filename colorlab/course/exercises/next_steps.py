"""The exercises of notebook 12: colours outside of the gamut, differences by seed, many comparisons, and pruning."""

import numpy as np
from scipy import stats

from colorlab import color
from colorlab.course.exercises.exercise import Choice, Function, Number

COLD = 1, -35  # a and b of notebook 11's cold colour


def _draw_rgb(random):
    """Draw 64 pixels of a cold colour: many too dark for it, a few too bright, and the rest inside of the gamut."""
    dark, bright = random.integers(30, 40), random.integers(8, 14)
    sizes = {(5, 25): dark, (86, 95): bright, (45, 65): 64 - dark - bright}
    lightness = np.concatenate([random.uniform(*ends, size) for ends, size in sizes.items()])
    ab = COLD + random.uniform(-2, 2, (64, 2))
    lab = np.concatenate([random.permutation(lightness)[:, None], ab], axis=1)
    return (color.unclipped_rgb(lab).reshape(4, 4, 4, 3),)


def _is_out(rgb):
    return (rgb < 0) | (rgb > 1)


q1 = Function(
    task="""
Measure how much of some pictures a screen cannot show. Your function gets rgb, of the shape (N, H, W, 3): red, green
and blue, computed from Lab without a clip. A screen shows numbers from 0 to 1. Return the share of the pixels that have
at least one number below 0 or above 1.
""",
    hint="(rgb < 0) | (rgb > 1) has the shape (N, H, W, 3). any(axis=-1) asks for at least one of three.",
    solution="""
def my_share(rgb):
    return ((rgb < 0) | (rgb > 1)).any(axis=-1).mean()
""",
    because="These are the pixels that a cast to bytes would have spoilt.",
    draw=_draw_rgb,
    expected=lambda rgb: np.mean(np.any(_is_out(rgb), axis=-1)),
    mistakes=[
        (
            lambda rgb: _is_out(rgb).mean(),
            "This is the share of the numbers. A pixel counts if one of its three numbers is outside.",
        ),
        (lambda rgb: (rgb > 1).any(axis=-1).mean(), "You count those above 1 only. Below 0 cannot be shown either."),
        (lambda rgb: (rgb < 0).any(axis=-1).mean(), "You count those below 0 only. Above 1 cannot be shown either."),
        (lambda rgb: _is_out(rgb).all(axis=-1).mean(), "You ask for all three numbers. One of them is enough."),
        (lambda rgb: _is_out(rgb).any(axis=-1).sum(), "This is the number of pixels. Divide it by how many there are."),
    ],
)


def _draw_losses(random):
    whole = random.normal(2200, 20, 5)
    without = whole + random.normal(30, 10, 5)
    return without, whole, stats.t.ppf(0.975, 4)


def _interval(differences, error, t):
    return np.mean(differences) + np.array([0, -1, 1]) * t * error


def _error(values, ddof=1):
    return np.std(values, ddof=ddof) / np.sqrt(len(values))


def _paired(without, whole, t):
    interval = stats.ttest_rel(without, whole).confidence_interval(0.95)
    return np.array([np.mean(without - whole), interval.low, interval.high])


q2 = Function(
    task="""
Compare trainings in pairs. Your function gets without and whole, the losses without a part and with it, both of the
shape (n,) and in the order of the seeds, and t, a number. Take the difference without - whole of each pair. Return its
mean, and the ends of its interval: the mean - t e and the mean + t e. Here $e = s / \\sqrt n$, and s is the standard
deviation of the differences, with n - 1 in its denominator.
""",
    hint="d = without - whole has the n differences. np.std(d, ddof=1) divides by n - 1.",
    solution="""
def my_interval(without, whole, t):
    d = without - whole
    e = np.std(d, ddof=1) / np.sqrt(len(d))
    return d.mean(), d.mean() - t * e, d.mean() + t * e
""",
    because="What a seed does to both of its trainings is not in the difference.",
    draw=_draw_losses,
    expected=_paired,
    mistakes=[
        (lambda without, whole, t: _paired(whole, without, t), "The sign is wrong: take without - whole."),
        (
            lambda without, whole, t: _interval(without - whole, np.std(without - whole, ddof=1), t),
            "This is how far single differences lie apart. Divide by the root of n for the error of their mean.",
        ),
        (
            lambda without, whole, t: _interval(without - whole, _error(without - whole, 0), t),
            "Divide by n - 1 in the standard deviation, not by n: give ddof=1.",
        ),
        (
            lambda without, whole, t: _interval(without - whole, np.hypot(_error(without), _error(whole)), t),
            "You treat the two groups as independent. Take the difference of each pair first.",
        ),
        (
            lambda without, whole, t: _interval(without - whole, _error(without - whole), 1),
            "You have not multiplied by t. With few pairs, one standard error reaches much too short.",
        ),
    ],
)


q3 = Number(
    task="""
Suppose that none of four parts has any effect. You compare each of them with the whole network. If a part has no
effect, its comparison is called a finding in 5 % of the experiments. Suppose further that the four comparisons are
independent. In which share of the experiments is there at least one finding? Give a number from 0 to 1.
""",
    hint="In which share of the experiments is there no finding at all? Each of the four must be none.",
    solution="q3 = 1 - 0.95**4",
    because="One experiment in five finds something where there is nothing.",
    expected=lambda: 1 - (1 - 0.05) ** 4,
    mistakes=[
        (0.2, "You have added the four shares. This counts experiments with two findings twice."),
        (0.05, "This is the share for a single comparison."),
        (0.95**4, "This is the share of the experiments without any finding."),
        (0.05**4, "This is the share of the experiments in which all four are findings."),
        (18.55, "This is in percent."),
    ],
)


def _draw_p(random):
    """Draw four p-values, none in its place by size. The second smallest, times 3, is below the smallest, times 4."""
    ends = ((0.009, 0.0095), (0.0105, 0.0118), (0.02, 0.024), (0.5, 0.9))
    return (np.roll([random.uniform(*one) for one in ends], random.integers(1, 4)),)


def _holm(p):
    """See evaluation/paired.py, which is on a floor above this one; a test holds the two to each other."""
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return np.minimum(steps, 1)[np.argsort(order)]


def _steps(p):
    return (p[np.argsort(p)] * [4, 3, 2, 1])[np.argsort(np.argsort(p))]


q4 = Function(
    task="""
Write Holm's correction for four comparisons. Your function gets p, four p-values in any order. Multiply the smallest by
4, the next by 3, the next by 2 and the largest by 1. Going from the smallest to the largest, no corrected value may be
smaller than the one before it, and none may be larger than 1. Return the corrected values in the order of p.
""",
    hint="order = np.argsort(p) sorts. np.maximum.accumulate keeps the largest so far. result[order] = … puts back.",
    solution="""
def my_holm(p):
    order = np.argsort(p)
    corrected = np.empty(4)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * [4, 3, 2, 1]), 1)
    return corrected
""",
    because="Whatever is below 0.05 after the correction is a finding, and all of them together are rarely luck.",
    draw=_draw_p,
    expected=_holm,
    tolerance=1e-6,
    mistakes=[
        (
            lambda p: np.minimum(4 * p, 1),
            "This is Bonferroni's correction, which is stricter than it need be. Only the smallest is multiplied by 4.",
        ),
        (_steps, "A corrected value is smaller than the one before it. Keep the largest so far."),
        (lambda p: np.sort(_holm(p)), "Your values are sorted. Return them in the order of p."),
        (lambda p: p * [4, 3, 2, 1], "You have multiplied in the order of p. Sort first."),
        (lambda p: p, "You have corrected nothing."),
    ],
)


def _draw_rungs(random):
    """Draw 40 trials, their best losses 0.5 apart, and seven finished ones, whose losses fall, one far off."""
    best = random.permutation(np.linspace(10, 30, 40))
    mine = best[:, None] + random.uniform(1, 8, (40, 3))
    mine[np.arange(40), random.integers(0, 3, 40)] = best
    others = random.uniform(-1, 1, (7, 1)) + [28, 24, 20] + np.linspace(-6, 6, 7)[:, None]
    others[6] += 200
    return mine, random.permutation(others)


def _pruned(mine, others):
    """Ask Optuna's median pruner, which `colorlab search` uses."""
    import optuna  # takes a second, and no other exercise needs it

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, pruner = optuna.create_study(), optuna.pruners.MedianPruner(n_startup_trials=5)
    study.add_trials([optuna.create_trial(value=row[-1], intermediate_values=dict(enumerate(row))) for row in others])
    running = optuna.trial.TrialState.RUNNING
    asked = [optuna.create_trial(state=running, intermediate_values=dict(enumerate(row))) for row in mine]
    return np.array([pruner.prune(study, one) for one in asked])


q5 = Function(
    task="""
Decide which trials are given up. Your function gets mine, of the shape (m, 3): the losses of m trials after the first,
the second and the third quarter of their photographs. It also gets others, of the shape (n, 3): the losses of the
finished trials at the same points. A trial is given up if its best loss so far is larger than the median of the others'
losses at the last point. Return the m decisions, True or False, of the shape (m,).
""",
    hint="mine.min(axis=1) is the best loss of each trial. The last point is the column -1 of others.",
    solution="""
def my_decision(mine, others):
    return mine.min(axis=1) > np.median(others[:, -1])
""",
    because="Optuna's median pruner decides in the same way. The worse half of the trials ends early.",
    draw=_draw_rungs,
    expected=_pruned,
    mistakes=[
        (lambda mine, others: mine[:, -1] > np.median(others[:, -1]), "You take the last loss. The best one decides."),
        (
            lambda mine, others: mine.min(axis=1) > np.mean(others[:, -1]),
            "This is the mean of the others. One of them that diverged would save every trial: take the median.",
        ),
        (lambda mine, others: mine.min(axis=1) > np.min(others[:, -1]), "You take the best of the others."),
        (
            lambda mine, others: mine.min(axis=1) > np.median(others),
            "You take the median over all points. Compare at the last point, where the losses have fallen.",
        ),
        (lambda mine, others: mine.min(axis=1) < np.median(others[:, -1]), "You give up the good trials."),
    ],
)


q6 = Choice(
    task="""
The trial with the write-up's values took 32 steps with Adadelta at a rate of 1e-5. Its network began at the mean
colour, which costs 2,372 on the validation photographs. Now it costs 4,601 there. What has made it worse?

- "A": the weights. 32 steps at a wrong rate have led them away from the mean colour.
- "B": the population statistics. Every batch moves them, whatever the learning rate is, and the layers after them have
  not learned.
- "C": the photographs. The mean colour of the training photographs does not fit the validation photographs.
""",
    hint="Notebook 11 shows how far Adadelta moves the weights at this rate. What else changes in training?",
    solution='q6 = "B"',
    because="The next cell shows it with a network that takes no step at all.",
    right="B",
    wrong={
        "A": "At this rate Adadelta hardly moves the weights in 32 steps: see section 9 of notebook 11.",
        "C": "Both numbers are of the same validation photographs. So these cannot make the difference.",
    },
)
