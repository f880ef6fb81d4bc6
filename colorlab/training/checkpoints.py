"""Checkpoints: the whole state of a training after one step, in one file. A damaged file is never used.

Resuming from a checkpoint is exact, to the last bit on the same machine, because three things hold:

- The batch of a step depends on the data set, the recipe and the step alone (data/batches.py).
- A checkpoint holds every number that training changes: weights, population statistics, the state of the optimizer, and
  the running means of an unfinished epoch. It also holds their step and the history up to it.
- It is written to a temporary file, flushed to the disk and moved to a name of its own. The checkpoint before it is
  kept. Its SHA-256 is checked before it is used.

(Keras's BackupAndRestore promises less. It restarts an interrupted epoch with other batches, and leaves out the states
of random generators. It writes in place: a process killed meanwhile leaves a file that cannot be read.)
"""

import hashlib
import json
import warnings
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.reading import is_of_disk, reason

KEPT = 2  # the newest, and one to fall back on


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training after `step` steps. The defaults are the state before the first step."""

    step: int = 0
    history: list[dict] = field(default_factory=list)  # one dict for each finished epoch
    seconds: float = 0.0  # spent on the epoch that isn't finished
    first_loss: float | None = None  # of the first step; StopOnDivergence compares later ones with it
    identity: dict = field(default_factory=dict)  # Run.identity of the run that it belongs to
    variables: list[np.ndarray] = field(default_factory=list)  # their values, in the order of `state`
    running: list[np.ndarray] = field(default_factory=list)  # sums and counts behind the means of the unfinished epoch


def state(model) -> list:
    """Return the variables that training changes: weights, population statistics, and the optimizer's."""
    return [*model.variables, *model.optimizer.variables]


def restore(model, checkpoint: Checkpoint) -> None:
    """Give a model the variables of a checkpoint. Raises BadInput, with what differs, if it is of another network."""
    variables = state(model)
    there, here = ([tuple(value.shape) for value in values] for values in (checkpoint.variables, variables))
    if there != here:
        differ = [
            f"{variable.path} is {theirs} there and {ours} here"
            for variable, theirs, ours in zip(variables, there, here, strict=False)
            if theirs != ours
        ]
        raise BadInput(
            f"the checkpoint of step {checkpoint.step} is of another network or optimizer ({len(there)} variables "
            f"there and {len(here)} here; {'; '.join(differ[:3])}): choose another run folder"
        )
    for variable, value in zip(variables, checkpoint.variables, strict=True):
        variable.assign(value)


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint into a run folder. Keep the one before it, and delete older ones.

    Raises OSError if it cannot be written; the older ones then stay.
    """
    facts = {part.name: getattr(checkpoint, part.name) for part in fields(checkpoint)}
    arrays = {
        f"{kind}_{number:04}": np.asarray(values)
        for kind in ("variables", "running")
        for number, values in enumerate(facts.pop(kind))
    }
    text = json.dumps(facts)
    with replacing(folder / f"checkpoint_{checkpoint.step:08}.npz") as temporary, temporary.open("wb") as file:
        np.savez(file, facts=text, sha256=_digest(text, arrays), **arrays)
    for old in found(folder)[KEPT:]:
        old.unlink()


def read(folder: Path) -> Checkpoint:
    """Return the newest undamaged checkpoint of a run folder, or that of step 0 if there is none yet.

    Warns of each damaged one. Raises BadInput if all are damaged, or if the disk does not let one be read.
    """
    damages = []
    for path in found(folder):
        try:
            checkpoint = _read(path)
        except FileNotFoundError:  # deleted meanwhile by the process that trains there
            continue
        except Exception as error:  # NumPy, zipfile and zlib raise many kinds of errors
            if is_of_disk(error):
                raise BadInput(f"{path} cannot be read ({error.strerror}): check the disk and permissions") from error
            damages.append(f"{path} is damaged ({reason(error)})")
            continue
        for damage in damages:
            warnings.warn(f"{damage}: the one before is used, of step {checkpoint.step}", stacklevel=2)
        return checkpoint
    if damages:
        raise BadInput(f"{'; '.join(damages)}: delete {folder} to train again from the start")
    return Checkpoint()


def reached(folder: Path) -> int:
    """Return the step of the newest checkpoint, by its name alone; 0 if there is none."""
    return max(map(step_of, found(folder)), default=0)


def step_of(path: Path) -> int:
    """Return the step in the name of a checkpoint file."""
    return int(path.stem.removeprefix("checkpoint_"))


def found(folder: Path) -> list[Path]:
    """Return the checkpoint files of a run folder, newest first. A copy that somebody has renamed is none of them."""
    files = Path(folder).glob("checkpoint_*.npz")
    return sorted((file for file in files if file.stem.removeprefix("checkpoint_").isdecimal()), reverse=True)


def _read(path):
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in sorted(stored.files)}
    text, sha256 = str(arrays.pop("facts")), str(arrays.pop("sha256"))
    if sha256 != _digest(text, arrays):
        raise ValueError("its content does not have the SHA-256 it was written with")
    kinds = {
        kind: [values for name, values in arrays.items() if name.startswith(kind)] for kind in ("variables", "running")
    }
    return Checkpoint(**json.loads(text), **kinds)


def _digest(text, arrays):
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]))
    return digest.hexdigest()
