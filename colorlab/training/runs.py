"""A run folder: all that a training run leaves behind, so that any figure can be traced to the run it came from.

    recipe.json       every hyperparameter
    provenance.json   commit, versions, hardware, data digest; one entry for each start
    history.csv       one row an epoch: losses, validation, images/s
    checkpoint_….npz  the whole state of the training after a step; a run resumes from the newer of two
    best.weights.h5   the network at its lowest validation loss of chroma
    last.weights.h5   the network after the last epoch
    pictures/         the same validation photographs after every epoch: grey, predicted, true
    metrics_….json    what `colorlab evaluate` has measured
    .lock             held by the process that trains in the folder

Every file is written under a temporary name and moved when it is complete. So a reader, or a run that resumes after a
power cut, finds the old file or the new one, never a part.
"""

import csv
import fcntl
import hashlib
import io
import json
import os
import shutil
import socket
import warnings
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.paths import RESULTS, RUNS
from colorlab.base.provenance import commit, provenance, refuse_changed
from colorlab.base.reading import reading, require
from colorlab.training import checkpoints
from colorlab.training.checkpoints import Checkpoint
from colorlab.training.recipe import RULES

USUAL = {"network": {"name": "colorizer"}}  # of older runs, which did not record their network
START = {"commit": str, "dataset": {"name": str, "photographs": int, "digest": str}, "network": {"name": str}}
REMEDY = "get a whole copy of the run, or train again in another folder"


def folder_for(name: str, recipe, dataset) -> Path:
    """Return the folder for runs of a recipe on a data set. Another recipe or data set has another folder."""
    identity = json.dumps([asdict(recipe), dataset.digest], sort_keys=True)
    return RUNS / f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


class Run:
    """A run folder. It need not exist yet: it is created when the training begins."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)

    def __repr__(self):
        return f"Run({str(self.folder)!r})"

    @property
    def recipe(self) -> dict:
        return self._json("recipe.json", _check_recipe)

    @property
    def provenance(self) -> list[dict]:
        """One dict for each start of the training, the first one first."""
        return self._json("provenance.json", _check_provenance)

    @property
    def history(self) -> list[dict]:
        """One dict for each epoch: name -> number."""
        path = self.folder / "history.csv"
        if not path.exists():
            return []
        with reading(path, REMEDY), path.open(newline="", encoding="utf-8") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]

    @property
    def pictures(self) -> list[Path]:
        """The pictures of the epochs, oldest first."""
        return sorted((self.folder / "pictures").glob("epoch_*.png"))

    def column(self, name: str) -> list[float]:
        """Return one quantity of the history for each epoch. Raises BadInput if it was not recorded."""
        history = self.history
        if history and name not in history[0]:
            raise BadInput(f"{self.folder / 'history.csv'} has no column {name}, only: {', '.join(history[0])}")
        return [row[name] for row in history]

    def model(self, which: str = "best"):
        """Load the trained network, "best" or "last", in float32."""
        from colorlab.networks import weights  # imports Keras, which nothing else here needs

        return weights.load(self.folder / f"{which}.weights.h5")[0]

    @property
    def identity(self) -> dict:
        """What identifies a run: its recipe, its data set (name, photographs, digest) and its network's function."""
        start = USUAL | self.provenance[0]
        return {"recipe": self.recipe, "data": start["dataset"], "network": start["network"]}

    def refuse_other(self, identity: dict) -> None:
        """Raise BadInput, with the fields that differ, if this folder belongs to a run of another identity."""
        if (self.folder / "recipe.json").exists():
            self.refuse_differences(self.identity, identity)

    def refuse_differences(self, there: dict, here: dict) -> None:
        """Raise BadInput, with the fields that differ, unless the identity there (in the folder) is the one here."""
        there = USUAL | there if there else {}
        for what in there:
            theirs, ours = there[what], here[what]
            fields = [
                f"{name} is {_short(theirs.get(name))} there and {_short(ours.get(name))} here"
                for name in theirs | ours
                if theirs.get(name) != ours.get(name)
            ]
            if fields:
                raise BadInput(
                    f"{self.folder} belongs to a run with {'other' if what == 'data' else 'another'} {what} "
                    f"({'; '.join(fields)}): choose another run folder, or delete this one"
                )

    def begin(self, identity: dict, checkpoint: Checkpoint, mesh) -> None:
        """Record the recipe and this start, and delete what was written after the checkpoint.

        Raises BadInput if that would be more than an interruption explains.
        """
        if len(self.history) > len(checkpoint.history) + 2:  # a kill and a damaged checkpoint explain no more
            raise BadInput(
                f"{self.folder} holds {len(self.history)} epochs, but no checkpoint that this program can resume from: "
                "choose another run folder, or delete this one"
            )
        for leftover in self.folder.rglob(".writing-*"):
            leftover.unlink()
        for later in checkpoints.found(self.folder):
            if checkpoints.step_of(later) > checkpoint.step:
                later.unlink()
        earlier = self.provenance if (self.folder / "recipe.json").exists() else []
        start = provenance(identity["data"])
        start |= {"from_step": checkpoint.step, "devices": mesh.devices, "processes": mesh.processes}
        start |= {"network": identity["network"]}
        self.write("provenance.json", json.dumps([*earlier, start], indent=2))
        self.write("recipe.json", json.dumps(identity["recipe"], indent=2))
        self.write_history(checkpoint.history)
        for picture in self.pictures[len(checkpoint.history) :]:
            picture.unlink()

    @contextmanager
    def locked(self):
        """Keep other processes out of the folder inside the block. Raises BadInput if one is in it.

        The system releases the lock when the process ends, however it ends. A .lock file that is left locks nothing.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a+", errors="replace") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise BadInput(
                    f"{self.folder} is in use by {file.read().strip() or 'another process'}: "
                    "wait until it has finished, or stop it"
                ) from None
            except OSError as error:  # some network disks have no locks
                warnings.warn(
                    f"{self.folder} cannot be locked ({error.strerror}): make sure that nothing else trains there",
                    stacklevel=4,
                )
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}")
            file.flush()
            yield

    def write(self, name: str, content: str | bytes) -> None:
        with replacing(self.folder / name) as temporary:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)

    def write_history(self, rows: list[dict]) -> None:
        if not rows:
            (self.folder / "history.csv").unlink(missing_ok=True)
            return
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.write("history.csv", text.getvalue())

    def write_picture(self, epoch: int, rgb: np.ndarray) -> None:
        """rgb (H, W, 3) uint8."""
        (self.folder / "pictures").mkdir(exist_ok=True)
        with replacing(self.folder / "pictures" / f"epoch_{epoch:04}.png") as temporary:
            Image.fromarray(rgb).save(temporary)

    def record(self, folder: Path, metrics: dict | None = None, picture: bool = True) -> None:
        """Copy what a published number or figure is traced to into a folder that is committed, and nothing else.

        That is the recipe, the provenance, the history, the last picture (its photographs must be free to publish), and
        `metrics`, the result of an evaluation.

        Among the records of the project it must name commits that hold the program, or BadInput is raised.
        """
        if RESULTS.resolve() in folder.resolve().parents:
            refuse_changed([*(start["commit"] for start in self.provenance), commit()])
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("recipe.json", "provenance.json", "history.csv"):
            shutil.copy(self.folder / name, folder / name)
        if picture:
            shutil.copy(self.pictures[-1], folder / "picture.png")
        if metrics:
            (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")

    def _json(self, name, check):
        path = self.folder / name
        if not path.exists():
            raise BadInput(f"{self.folder} is not a run folder: it has no {name}")
        with reading(path, REMEDY):
            value = json.loads(path.read_text("utf-8"))
            check(value)
        return value


def _check_recipe(value):
    """Raise ValueError unless a value from a file has all fields of a recipe, and they fit."""
    require(value, dict.fromkeys(RULES, object))
    for name, (fits, wanted) in RULES.items():
        if not fits(value[name]):
            raise ValueError(f"{name} is {value[name]!r:.40}, and must be {wanted}")


def _check_provenance(value):
    """Raise ValueError unless a value from a file is a list of at least one start."""
    require(value, [{}])
    require([USUAL | start for start in value], [START])
    if not value:
        raise ValueError("it names no start")


def _short(value):
    """A value as a message shows it: of a digest, only the first digits."""
    return f"{value[:12]}…" if isinstance(value, str) and len(value) > 40 else repr(value)
