"""How far a metric would move with other photographs: 95 % intervals, by the bootstrap over photographs.

Photographs are drawn again and again from those that were measured, with repetition, as many as there are. Every draw
gives each metric once more. Between the 2.5th and the 97.5th percentile of these lies the interval (Efron 1979). It
says how much luck there is in the choice of photographs. It says nothing about another training.
"""

import numpy as np

from colorlab.evaluation.errors import metrics_of

RESAMPLES, SEED = 2000, 0
TOGETHER = 100  # resamples at a time: memory for TOGETHER x photographs
LEVELS = (2.5, 97.5)  # percent


def resampled(values: np.ndarray) -> np.ndarray:
    """Return the means of RESAMPLES draws of photographs: values (N, K) -> (RESAMPLES, K).

    The draws depend on N alone. So two methods that were measured on the same photographs are drawn together.
    """
    values, numbers = np.asarray(values, dtype="float64"), np.random.default_rng(SEED)
    count, means = len(values), []
    for _ in range(RESAMPLES // TOGETHER):
        drawn = numbers.multinomial(count, np.full(count, 1 / count), size=TOGETHER)
        means.append(drawn @ values / count)
    return np.concatenate(means)


def measured(errors: dict[str, dict]) -> tuple[dict, dict]:
    """Turn the errors of each photograph into metrics and their intervals.

    errors : method -> kind -> (N,), with a method "grey". Kinds are those of errors.Errors, and perhaps top1 and top5,
        which are 100 for a photograph whose scene is right, else 0.

    Returns method -> metric -> value, and method -> metric -> [low, high].
    """
    once = {name: {kind: np.mean(v, dtype="float64") for kind, v in each.items()} for name, each in errors.items()}
    again = {name: _resampled(each) for name, each in errors.items()}
    values = {name: {m: float(v) for m, v in known.items()} for name, known in _with_grey(once).items()}
    spans = {name: {m: interval(v) for m, v in known.items()} for name, known in _with_grey(again).items()}
    return values, spans


def _resampled(each):
    return dict(zip(each, resampled(np.stack([*each.values()], axis=1)).T, strict=True))


def _with_grey(means):
    """Method -> mean errors of any shape -> the metrics of each method, below_grey among them."""
    found = {}
    for name, known in means.items():
        with np.errstate(divide="ignore", invalid="ignore"):  # a draw may hold photographs without colour alone
            share = np.divide(known["squared_chroma"], means["grey"]["squared_chroma"])
        scenes = {top: known[top] for top in ("top1", "top5") if top in known}
        found[name] = metrics_of(known) | {"below_grey": 100 * (1 - share)} | scenes
    return found


def interval(values: np.ndarray) -> list[float] | None:
    """Return the 95 % interval of resampled values: [low, high].

    Draws in which the metric is not finite are left out. If there is no other, the interval is None.
    """
    finite = values[np.isfinite(values)]
    return [float(value) for value in np.percentile(finite, LEVELS)] if len(finite) else None


def paired(one: np.ndarray, other: np.ndarray) -> dict:
    """Compare two methods by their errors of the same photographs, each (N,).

    Returns {"mean": by how much the first one's error is lower, "interval": [low, high], "gain" and "lose": how many
    photographs have a lower or a higher error than with the other}.
    """
    below = np.asarray(other, dtype="float64") - np.asarray(one, dtype="float64")
    return {
        "mean": float(below.mean()),
        "interval": interval(resampled(below[:, None])),
        "gain": int(np.sum(below > 0)),
        "lose": int(np.sum(below < 0)),
    }
