"""Measure photographs a few at a time, and keep each part on disk: a script that is stopped resumes.

errors.py and choices.py measure so.
"""

import hashlib
from collections.abc import Callable

import numpy as np

from colorlab.base.files import replacing
from colorlab.base.paths import RUNS
from colorlab.base.progress import Progress
from colorlab.base.provenance import commit

BATCH = 50


def in_parts(name: str, rgb: np.ndarray, measure: Callable) -> dict[str, np.ndarray]:
    """Measure photographs (N, 128, 128, 3) uint8: what `measure` returns for BATCH of them, joined.

    measure : photographs -> {key: one value a photograph}. It is called once for each part; the parts lie in the folder
        `name` of the run folders, apart for each commit and for other photographs.
    """
    folder = RUNS / f"{name}-{commit()}-{hashlib.sha256(np.ascontiguousarray(rgb)).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in Progress(range(0, len(rgb), BATCH), desc=name, unit="part"):
        file = folder / f"{start:05}.npz"
        if not file.exists():
            with replacing(file) as temporary, temporary.open("wb") as out:
                np.savez(out, **measure(np.asarray(rgb[start : start + BATCH])))
        with np.load(file) as part:
            parts.append(dict(part))
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def predictions(networks: dict, lightness: np.ndarray) -> dict[str, dict]:
    """What the networks that ship predict from lightness (N, 128, 128, 1): look -> {"chroma", "scene"}.

    networks : look -> OnnxColorizer. What places and vivid share is computed once; it is "fused" of places.
    """
    outputs = ("chroma", "scene", "fused")
    places = dict(zip(outputs, networks["places"].session.run(outputs, {"lightness": lightness}), strict=True))
    vivid = networks["vivid"].session.run(["chroma"], {"fused": places["fused"]})[0]
    return {
        "places": places,
        "vivid": {"chroma": vivid, "scene": places["scene"]},
        "iizuka": networks["iizuka"].predict_on_batch(lightness),
    }
