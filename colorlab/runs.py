"""A run folder: all that a training run leaves behind, so that any figure can be traced to the run it came from.

    recipe.json       every hyperparameter
    provenance.json   commit, versions, hardware, data digest; one entry each time the run was started
    history.csv       one row an epoch: losses, validation, images/s
    checkpoint_….npz  the whole state of the training after a step, the newest two; what a run goes on from
    best.weights.h5   the network at its lowest validation loss of chroma
    last.weights.h5   the network as it is now
    pictures/         the same validation photographs after every epoch: grey, predicted, true
    metrics_….json    what `colorlab evaluate` has measured
    .lock             held by the process that trains in the folder

Every file is written beside its place and moved there when it is whole, so that a reader, or a run that goes on
after a power cut, finds the old one or the new one and nothing between.
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

from colorlab import ROOT, BadInput, checkpoints, weights
from colorlab.atomic import replacing
from colorlab.checkpoints import Checkpoint
from colorlab.datasets import DATA
from colorlab.machines import Team
from colorlab.provenance import provenance

RUNS = Path(os.environ.get("COLORLAB_RUNS", ROOT / "runs")).resolve()  # where the notebooks keep theirs
_IN_WHEEL = Path(__file__).parent / "data" / "weights"  # where they are when the package is installed without data/
SHIPPED = _IN_WHEEL if _IN_WHEEL.is_dir() else DATA / "weights"
LOOKS = ("places", "vivid", "iizuka")  # the networks that ship, by the recipes that trained them
USUAL = {"network": {"name": "colorizer"}}  # of runs from before this was noted


def folder_for(name: str, recipe, dataset) -> Path:
    """A run folder of its own for each recipe and data set: change a parameter, and another run begins."""
    identity = json.dumps([asdict(recipe), dataset.digest], sort_keys=True)
    return RUNS / f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def find_weights(where: str | Path | None = None, look: str = LOOKS[0]) -> Path:
    """The weights file that `where` means: a file, a run folder with its best weights, or "shipped" (as does None).

    look : of those that ship, which. What is not found from here is looked for in the checkout.
    """
    if where in (None, "shipped"):
        shipped = SHIPPED / f"{look}.weights.h5"
        if not shipped.is_file():
            raise BadInput(
                f"there is no {shipped}, which comes with colorlab: get it again, or give --weights FILE_OR_RUN"
            )
        return shipped
    path = Path(where)
    if not path.exists() and (ROOT / path).exists():  # a notebook runs in its own folder
        path = ROOT / path
    if not path.is_dir():
        return path
    if not (path / "best.weights.h5").is_file():
        raise BadInput(f"{path} holds no best.weights.h5: it is not a run folder, or has not finished an epoch")
    return path / "best.weights.h5"


class Run:
    """A run folder, which need not exist yet; nothing is created before there is something to put in it."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)

    def __repr__(self):
        return f"Run({str(self.folder)!r})"

    @property
    def recipe(self) -> dict:
        return self._json("recipe.json")

    @property
    def provenance(self) -> list[dict]:
        return self._json("provenance.json")

    @property
    def history(self) -> list[dict]:
        """One dict an epoch: numbers as numbers."""
        path = self.folder / "history.csv"
        if not path.exists():
            return []
        with path.open(newline="") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]

    @property
    def pictures(self) -> list[Path]:
        """The pictures of the epochs, oldest first."""
        return sorted((self.folder / "pictures").glob("epoch_*.png"))

    def column(self, name: str) -> list[float]:
        """One quantity of the history over the epochs."""
        return [row[name] for row in self.history]

    def model(self, which: str = "best"):
        """The trained network, "best" or "last", in float32."""
        return weights.load(self.folder / f"{which}.weights.h5")[0]

    @property
    def identity(self) -> dict:
        """What tells a run from others: recipe; name, number and digest of the photographs; the network's function."""
        start = USUAL | self.provenance[0]
        return {"recipe": self.recipe, "data": start["dataset"], "network": start["network"]}

    def refuse_other(self, identity: dict) -> None:
        """Raise BadInput, with the fields that differ, if this folder belongs to another recipe or other data."""
        if (self.folder / "recipe.json").exists():
            self.refuse_differences(self.identity, identity)

    def refuse_differences(self, there: dict, here: dict) -> None:
        """Raise BadInput, with the fields that differ, if what is in the folder is of another identity."""
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

    def begin(self, identity: dict, checkpoint: Checkpoint, team: Team) -> None:
        """Note the recipe, and where, when and from which step the run goes on; take back what came after that step.

        Raises BadInput if that would be more than an interruption explains.
        """
        if len(self.history) > len(checkpoint.history) + 2:  # a kill and a damaged checkpoint explain no more
            raise BadInput(
                f"{self.folder} holds {len(self.history)} epochs, but no checkpoint that this program can go on from: "
                "choose another run folder, or delete this one"
            )
        for leftover in self.folder.rglob(".writing-*"):
            leftover.unlink()
        for later in checkpoints.found(self.folder):
            if checkpoints.step_of(later) > checkpoint.step:
                later.unlink()
        earlier = self.provenance if (self.folder / "recipe.json").exists() else []
        start = provenance(identity["data"])
        start |= {"from_step": checkpoint.step, "devices": team.devices, "processes": team.processes}
        start |= {"network": identity["network"]}
        self.write("provenance.json", json.dumps([*earlier, start], indent=2))
        self.write("recipe.json", json.dumps(identity["recipe"], indent=2))
        self.write_history(checkpoint.history)
        for picture in self.pictures[len(checkpoint.history) :]:
            picture.unlink()

    @contextmanager
    def locked(self):
        """Keep every other process out of the folder.

        The system takes the lock away when its process ends, however it ends: a .lock that lies there is not a lock
        that is held.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise BadInput(
                    f"{self.folder} is in use by {file.read().strip() or 'another process'}: "
                    "wait until it has finished, or stop it"
                ) from None
            except OSError as error:  # some network disks know no locks
                warnings.warn(
                    f"{self.folder} cannot be locked ({error.strerror}): see to it that nothing else trains there",
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
        """Copy what a figure or a number must be traceable to, and no more, into a folder that is committed.

        recipe, provenance, history, the last picture (whose photographs must be free to publish), and `metrics`, the
        result of an evaluation.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("recipe.json", "provenance.json", "history.csv"):
            shutil.copy(self.folder / name, folder / name)
        if picture:
            shutil.copy(self.pictures[-1], folder / "picture.png")
        if metrics:
            (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")

    def _json(self, name):
        try:
            return json.loads((self.folder / name).read_text())
        except FileNotFoundError:
            raise BadInput(f"{self.folder} is not a run folder: it has no {name}") from None
        except ValueError as error:
            raise BadInput(f"{self.folder / name} is damaged ({error})") from error


def _short(value):
    """A value as it is read in a message: of a digest its first digits do."""
    return f"{value[:12]}…" if isinstance(value, str) and len(value) > 40 else repr(value)
