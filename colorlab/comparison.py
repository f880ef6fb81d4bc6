"""Five ways to colour the same photographs, measured alike: notebook 13's table.

Two that need a user, who is simulated (user.py): Levin's strokes and colours for segments. Three networks: the
write-up's, Zhang's classifier, Iizuka's original. And the first two together with the first network.
"""

import time
from functools import partial

import numpy as np

from colorlab import color, datasets, evaluation, runs, scribbles, user, weights
from colorlab.colorize import SATURATION
from colorlab.progress import Progress

TOLD = 8  # colours that a user gives for a photograph
FINER = 4  # regions for each colour, where only the worst are mended


def ways(told=(TOLD,)) -> dict:
    """All ways, beside grey and truth: {name: (how many colours it is told, photograph (128, 128, 3) uint8 -> chroma)}.

    told : numbers of colours that the user gives, each a method of its own, "strokes 8" and so on.
    """
    networks = {look: weights.load(runs.find_weights(look=look))[0] for look in runs.LOOKS}
    found = {"grey": (0, grey), "truth": (0, truth)}
    found |= {look: (0, partial(by_network, model=model)) for look, model in networks.items()}
    for look in ("places", "vivid"):
        found[f"{look} x{SATURATION:g}"] = (0, partial(by_network, model=networks[look], saturation=SATURATION))
    for count in told:
        found[f"segments {count}"] = (count, partial(by_segments, count=count))
        found[f"strokes {count}"] = (count, partial(by_strokes, count=count))
        found[f"strokes {count} on places"] = (count, partial(by_strokes, count=count, way=found["places"][1]))
        found[f"worst {count} on places"] = (count, partial(by_mending, count=count, way=found["places"][1]))
    return found


def compare(photographs: np.ndarray, found: dict) -> dict:
    """Measure `ways` on photographs (N, 128, 128, 3) uint8.

    Returns {"photographs": N, "methods": {name: metrics as evaluation.evaluate has them, and "told", the number of
    colours that it was given, "seconds" a photograph, the median, and "each", the CIEDE2000 of each photograph}}.
    """
    sums = {name: evaluation.Sums() for name in found}
    seconds = {name: [] for name in found}
    for rgb in Progress(photographs, desc="comparing", unit="photo"):
        lightness, chroma = color.encode(rgb[None])
        for name, (_, way) in found.items():
            started = time.perf_counter()
            answer = way(rgb)
            seconds[name].append(time.perf_counter() - started)
            sums[name].add(rgb[None], lightness, chroma, answer[None])
    methods = {
        name: sums[name].means()
        | {"told": told, "seconds": float(np.median(seconds[name]))}
        | {"each": np.round(sums[name].ciede2000, 2).tolist()}
        for name, (told, _) in found.items()
    }
    return {"photographs": len(photographs), "methods": methods}


def grey(rgb: np.ndarray) -> np.ndarray:
    """No colour: chroma (64, 64, 2)."""
    return np.full_like(truth(rgb), color.GREY)


def truth(rgb: np.ndarray) -> np.ndarray:
    """The photograph's own chroma, (64, 64, 2)."""
    return color.encode(rgb)[1]


def by_network(rgb: np.ndarray, model, saturation: float = 1.0) -> np.ndarray:
    """What a colorizer answers to a photograph's lightness: chroma (64, 64, 2)."""
    answer = model.predict_on_batch(color.encode(rgb[None])[0])["chroma"]
    return color.saturated(np.asarray(answer)[0], saturation)


def by_segments(rgb: np.ndarray, count: int) -> np.ndarray:
    """One colour for each region, the true mean: chroma (64, 64, 2)."""
    lab = color.rgb_to_lab(rgb)
    labels = user.regions(lab[..., 0], count)
    return _chroma(user.colours(lab[..., 1:], labels)[labels])


def by_strokes(rgb: np.ndarray, count: int, way=None) -> np.ndarray:
    """A dot of its mean colour in each region, spread: chroma (64, 64, 2).

    way : another, whose colours the dots change.
    """
    lab = color.rgb_to_lab(rgb)
    labels = user.regions(lab[..., 0], count)
    strokes, marked = user.strokes(lab[..., 1:], labels, range(labels.max() + 1))
    if way is None:
        return _chroma(scribbles.propagate(lab[..., 0], strokes, marked))
    painted = scribbles.enlarged(way(rgb), labels.shape)
    return _chroma(painted + scribbles.changes(lab[..., 0], strokes, marked, painted))


def by_mending(rgb: np.ndarray, count: int, way) -> np.ndarray:
    """Dots only where another way is worst: in `count` of FINER times as many regions. Chroma (64, 64, 2)."""
    lab, chroma = color.rgb_to_lab(rgb), way(rgb)
    labels = user.regions(lab[..., 0], FINER * count)
    painted = scribbles.enlarged(chroma, labels.shape)
    strokes, marked = user.strokes(lab[..., 1:], labels, user.worst(lab[..., 1:], painted, labels, count))
    return _chroma(painted + scribbles.changes(lab[..., 0], strokes, marked, painted))


def _chroma(ab):
    return color.halved(np.asarray(ab, "float32") + 128) / 255


def few(dataset: datasets.Dataset, most: int) -> np.ndarray:
    """At most so many photographs of a data set, evenly spread: (N, 128, 128, 3) uint8."""
    return np.asarray(datasets.centre(dataset)[datasets.spread(len(dataset), most)])
