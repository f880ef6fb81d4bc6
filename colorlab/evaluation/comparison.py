"""Measure five ways to colour on the same photographs, for the table of notebook 13.

Two ways need a user, who is simulated (simulated_user.py): Levin's strokes, and colours for segments. Three ways are
networks: the write-up's, Zhang's classifier and Iizuka's original. Further lines of the table combine strokes with the
write-up's network.
"""

import time
from functools import partial

import numpy as np

from colorlab import color
from colorlab.base.progress import Progress
from colorlab.data import datasets
from colorlab.evaluation import intervals, simulated_user
from colorlab.evaluation.errors import Errors
from colorlab.networks import pretrained
from colorlab.painting import scribbles
from colorlab.painting.network import load

TOLD = 8  # colours that a user gives for a photograph
STRONGER = 1.4  # a factor for the colours of two networks, beside their own
FINER = 4  # `by_mending` sees this many regions for each one that it mends


def ways(told=(TOLD,)) -> dict:
    """Return all ways to colour, and grey and the truth: {name: (how many colours it is told, function)}.

    A function takes a photograph (128, 128, 3) uint8 and returns chroma (64, 64, 2) in [0, 1].

    told : how many colours the user gives. Each number adds methods of its own, "strokes 8" and so on.
    """
    models = {name: load(name).model for name in pretrained.NETWORKS}
    found = {"grey": (0, grey), "truth": (0, truth)}
    found |= {look: (0, partial(by_network, model=model)) for look, model in models.items()}
    for look in ("places", "vivid"):
        found[f"{look} x{STRONGER:g}"] = (0, partial(by_network, model=models[look], saturation=STRONGER))
    for count in told:
        found[f"segments {count}"] = (count, partial(by_segments, count=count))
        found[f"strokes {count}"] = (count, partial(by_strokes, count=count))
        found[f"strokes {count} on places"] = (count, partial(by_strokes, count=count, way=found["places"][1]))
        found[f"worst {count} on places"] = (count, partial(by_mending, count=count, way=found["places"][1]))
    return found


def compare(photographs: np.ndarray, found: dict) -> dict:
    """Measure ways to colour on photographs (N, 128, 128, 3) uint8. `found` is what `ways` returns.

    Returns {"photographs": N, "methods": {name: measured}}. `measured` holds metrics (errors.metrics_of), "told" (the
    number of colours that the way is told), "seconds" (the median over photographs) and "each" (the CIEDE2000 of every
    photograph) and "interval" (of its mean, 95 %: intervals.py).
    """
    errors = {name: Errors() for name in found}
    seconds = {name: [] for name in found}
    for rgb in Progress(photographs, desc="comparing", unit="photo"):
        lightness, chroma = color.encode(rgb[None])
        for name, (_, way) in found.items():
            started = time.perf_counter()
            answer = way(rgb)
            seconds[name].append(time.perf_counter() - started)
            errors[name].add(rgb[None], lightness, chroma, answer[None])
    methods = {}
    for name, (told, _) in found.items():
        each = np.round(errors[name].each()["ciede2000"], 2)
        methods[name] = errors[name].means() | {"told": told, "seconds": float(np.median(seconds[name]))}
        span = intervals.interval(intervals.resampled(each[:, None])[:, 0])
        methods[name] |= {"each": each.tolist(), "interval": span}
    return {"photographs": len(photographs), "methods": methods}


def grey(rgb: np.ndarray) -> np.ndarray:
    """Answer grey everywhere: chroma (64, 64, 2)."""
    return np.full_like(truth(rgb), color.GREY)


def truth(rgb: np.ndarray) -> np.ndarray:
    """Answer the photograph's own chroma (64, 64, 2)."""
    return color.encode(rgb)[1]


def by_network(rgb: np.ndarray, model, saturation: float = 1.0) -> np.ndarray:
    """Answer what a colorizer predicts from the lightness of a photograph: chroma (64, 64, 2)."""
    answer = model.predict_on_batch(color.encode(rgb[None])[0])["chroma"]
    return color.saturated(np.asarray(answer)[0], saturation)


def by_segments(rgb: np.ndarray, count: int) -> np.ndarray:
    """Give each of `count` regions its true mean colour: chroma (64, 64, 2)."""
    lab = color.rgb_to_lab(rgb)
    labels = simulated_user.regions(lab[..., 0], count)
    return _chroma(simulated_user.colors(lab[..., 1:], labels)[labels])


def by_strokes(rgb: np.ndarray, count: int, way=None) -> np.ndarray:
    """Put a dot of its mean colour into each of `count` regions, and spread the dots: chroma (64, 64, 2).

    way : another way to colour, whose answer the dots then change.
    """
    lab = color.rgb_to_lab(rgb)
    labels = simulated_user.regions(lab[..., 0], count)
    strokes, marked = simulated_user.strokes(lab[..., 1:], labels, range(labels.max() + 1))
    if way is None:
        return _chroma(scribbles.propagate(lab[..., 0], strokes, marked))
    painted = color.ab_of(color.enlarged(way(rgb), labels.shape))
    return _chroma(painted + scribbles.changes(lab[..., 0], strokes, marked, painted))


def by_mending(rgb: np.ndarray, count: int, way) -> np.ndarray:
    """Change another way's answer by dots in its `count` worst of FINER x `count` regions: chroma (64, 64, 2)."""
    lab, chroma = color.rgb_to_lab(rgb), way(rgb)
    labels = simulated_user.regions(lab[..., 0], FINER * count)
    painted = color.ab_of(color.enlarged(chroma, labels.shape))
    strokes, marked = simulated_user.strokes(
        lab[..., 1:], labels, simulated_user.worst(lab[..., 1:], painted, labels, count)
    )
    return _chroma(painted + scribbles.changes(lab[..., 0], strokes, marked, painted))


def _chroma(ab):
    return color.halved(np.asarray(ab, "float32") + 128) / 255


def few(dataset: datasets.Dataset, most: int) -> np.ndarray:
    """Return at most `most` photographs of a data set, evenly spaced: (N, 128, 128, 3) uint8."""
    return np.asarray(datasets.centre(dataset)[datasets.evenly_spaced(len(dataset), most)])
