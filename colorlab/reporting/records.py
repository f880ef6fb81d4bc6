"""Read the records under report/results, trainings and measurements, for the figures and the facts."""

import csv
from pathlib import Path

import numpy as np

from colorlab.base.errors import BadInput
from colorlab.base.reading import read_json, reading
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.training.runs import Run


def trained_at_rates(results: Path) -> list[Run]:
    """Return the recorded trainings of the authors' network on MiniPlaces, by optimizer and learning rate."""
    tried = [Run(folder) for folder in results.glob("11_mystery/miniplaces_*")]
    if not tried:
        raise BadInput(f"{results / '11_mystery'} has no miniplaces_… records")
    return sorted(tried, key=lambda run: (run.recipe["optimizer"], run.recipe["learning_rate"]))


REMOVED = ("nothing", "normalization", "first weights", "global features", "scene loss")


def trained_without(results: Path) -> dict[str, list[Run | None]]:
    """Return the recorded trainings without a part, by that part, one for each seed.

    A training that did not reach its last epoch, because it diverged, is None.
    """
    found = {}
    for part in REMOVED:
        runs = map(Run, sorted((results / "12_next_steps").glob(f"{part.replace(' ', '-')}_seed_*")))
        found[part] = [run if len(run.history) == run.recipe["epochs"] else None for run in runs]
        if not found[part]:
            raise BadInput(f"{results / '12_next_steps'} has no {part.replace(' ', '-')}_seed_… records")
    return found


LAST = {"val_chroma_loss": WRITE_UP_BATCH, "val_scene_accuracy": 100}  # columns of a history -> their factors


def last(found: dict[str, list[Run | None]], column: str) -> dict[str, np.ndarray]:
    """Return the last values of a column, by the removed part, one for each seed that did not diverge."""
    return {
        part: np.array([LAST[column] * run.column(column)[-1] for run in runs if run]) for part, runs in found.items()
    }


def by_seed(found: dict[str, list[Run | None]]) -> dict[str, dict[int, float]]:
    """Return the last colour loss of 100 images by the removed part and the seed, of those that did not diverge."""
    column = "val_chroma_loss"
    return {
        part: {run.recipe["seed"]: LAST[column] * run.column(column)[-1] for run in runs if run}
        for part, runs in found.items()
    }


RESTORE = "restore it with `git checkout`"


def record(path: Path):
    """Read a record in JSON. Raises BadInput if it is missing or damaged."""
    return read_json(path, object, RESTORE)


def read_rows(path: Path) -> list[dict]:
    """Read a record in CSV, a dict for each row. Raises BadInput if it is missing or damaged."""
    with reading(path, RESTORE), path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read a record in NPZ: name -> array. Raises BadInput if it is missing or damaged."""
    with reading(path, RESTORE), np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
