"""Compare trainings with a part and without it, paired by their seeds: differences, intervals, corrected verdicts.

Trainings of one seed see the same photographs in the same order. What this order does to both of them falls out of
their difference (the paired t-test: Student 1908, "The probable error of a mean"; notebook 12).
"""

import numpy as np
from scipy import stats

LEVEL = 0.05  # a part without any effect is called a finding in this share of the experiments, at most
UNDECIDED = "no difference that we can see"


def difference(changed: dict[int, float], base: dict[int, float]) -> dict:
    """Compare two lists of losses, each seed -> loss, over the seeds that both have.

    Returns {"pairs": how many seeds, "mean": of changed - base, "low" and "high": the ends of its interval at 1 -
    LEVEL, "p": of the paired t-test}. What needs more pairs than there are is None, and p is then 1.
    """
    seeds = sorted(changed.keys() & base.keys())
    differences = np.array([changed[seed] - base[seed] for seed in seeds], dtype="float64")
    found = {"pairs": len(seeds), "mean": None, "low": None, "high": None, "p": 1.0}
    if seeds:
        found["mean"] = float(differences.mean())
    if len(seeds) > 1:
        half = stats.t.ppf(1 - LEVEL / 2, len(seeds) - 1) * differences.std(ddof=1) / np.sqrt(len(seeds))
        found |= {"low": float(found["mean"] - half), "high": float(found["mean"] + half)}
    if len(seeds) > 1 and differences.any():
        found["p"] = float(stats.ttest_1samp(differences, 0.0).pvalue)
    return found


def holm(p) -> np.ndarray:
    """Return p-values corrected for their number, by the method of Holm (1979), in their order.

    A hypothesis is rejected where the corrected value is below LEVEL. If no part has any effect, this happens to one or
    more of them in a share of LEVEL of the experiments, at most.
    """
    p = np.asarray(p, dtype="float64")
    order = np.argsort(p, kind="stable")
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return corrected


def compare(losses: dict[str, dict[int, float]], pairs: int, base: str = "nothing") -> dict[str, dict]:
    """Compare the losses without each part, part -> seed -> loss, with those without `base`.

    pairs : how many the experiment has when it is complete. A part with fewer gets no verdict, and counts in the
    correction all the same: to look at an experiment again and again until it shows something is to find luck.

    Returns, for each part, what `difference` returns, with "corrected", its p-value after `holm`, and "verdict":
    "lower", "higher", UNDECIDED or how many pairs there are.
    """
    found = {part: difference(mine, losses[base]) for part, mine in losses.items() if part != base}
    complete = {part: one["pairs"] >= max(pairs, 2) for part, one in found.items()}
    corrected = holm([one["p"] if complete[part] else 1.0 for part, one in found.items()])
    for (part, one), p in zip(found.items(), corrected, strict=True):
        one["corrected"] = float(p) if complete[part] else None
        one["verdict"] = _verdict(one) if complete[part] else f"{one['pairs']} of {pairs} pairs"
    return found


def _verdict(one):
    return UNDECIDED if one["corrected"] >= LEVEL else "lower" if one["mean"] < 0 else "higher"
