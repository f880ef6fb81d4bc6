"""A run folder: all that a training run leaves behind, so that any figure can be traced to the run it came from.

    recipe.json       every hyperparameter
    provenance.json   commit, versions, hardware, data digest; one entry each time the run was started
    history.csv       one row an epoch: losses, validation, images/s
    checkpoint.npz    the whole state of the training with its step and history; what a run goes on from
    best.weights.h5   the network at its lowest validation loss of chroma
    last.weights.h5   the network as it is now
    pictures/         the same validation photographs after every epoch: grey, predicted, true

Every file is written beside its place and moved there when it is whole, so that a reader, or a run that goes on
after a power cut, finds the old one or the new one and nothing between.
"""

import csv
import io
import json
import os
import platform
import subprocess
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from colorlab import ROOT, BadInput, color, networks
from colorlab.backend import keras

RUNS = ROOT / "runs"  # where the notebooks keep theirs


class Run:
    """A run folder, which need not exist yet; nothing is created before there is something to put in it."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.checkpoint = self.folder / "checkpoint.npz"

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

    def weights(self, which: str = "best") -> Path:
        """The weights file, "best" or "last"."""
        path = self.folder / f"{which}.weights.h5"
        if not path.exists():
            raise BadInput(f"{self.folder} holds no {path.name}: no epoch of this run has been finished yet")
        return path

    def model(self, which: str = "best"):
        """The trained network, "best" or "last"."""
        return load_weights(self.weights(which))[0]

    def refuse_other(self, recipe: dict, dataset) -> None:
        """Raise BadInput, with the fields that differ, if this folder belongs to another recipe or other data."""
        if (self.folder / "recipe.json").exists():
            self._refuse_differences("recipe", self.recipe, recipe)
            self._refuse_differences("data", self.provenance[0]["dataset"], _described(dataset))

    def begin(self, recipe: dict, dataset) -> None:
        """Note the recipe, and where and when the run was started or goes on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        earlier = self.provenance if (self.folder / "provenance.json").exists() else []
        self.write("provenance.json", json.dumps([*earlier, provenance(dataset)], indent=2))
        self.write("recipe.json", json.dumps(recipe, indent=2))

    def write(self, name: str, content: str | bytes) -> None:
        with replacing(self.folder / name) as temporary:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)

    def write_history(self, rows: list[dict]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.write("history.csv", text.getvalue())

    def write_checkpoint(self, step: int, history: list[dict], variables: list) -> None:
        arrays = {f"variable_{i:04}": np.asarray(variable) for i, variable in enumerate(variables)}
        with replacing(self.checkpoint) as temporary, temporary.open("wb") as file:
            np.savez(file, step=step, history=json.dumps(history), **arrays)

    def read_checkpoint(self) -> tuple[int, list[dict], list[np.ndarray]]:
        """(step, history, variables) as they were written; (0, [], []) if there is no checkpoint yet."""
        if not self.checkpoint.exists():
            return 0, [], []
        try:
            with np.load(self.checkpoint, allow_pickle=False) as stored:
                names = sorted(name for name in stored.files if name.startswith("variable_"))
                return int(stored["step"]), json.loads(str(stored["history"])), [stored[name] for name in names]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise BadInput(
                f"{self.checkpoint} is damaged ({error}): delete {self.folder} to train again from the start"
            ) from error

    def write_weights(self, which: str, model, scenes) -> None:
        with replacing(self.folder / f"{which}.weights.h5") as temporary:
            save_weights(model, temporary, scenes)

    def write_picture(self, epoch: int, rgb: np.ndarray) -> None:
        """rgb (H, W, 3) uint8."""
        (self.folder / "pictures").mkdir(exist_ok=True)
        with replacing(self.folder / "pictures" / f"epoch_{epoch:04}.png") as temporary:
            Image.fromarray(rgb).save(temporary)

    def _refuse_differences(self, what, ours, theirs):
        fields = [
            f"{name} is {ours.get(name)!r} there and {theirs.get(name)!r} here"
            for name in sorted(ours.keys() | theirs.keys())
            if ours.get(name) != theirs.get(name)
        ]
        if fields:
            raise BadInput(
                f"{self.folder} belongs to a run with another {what} ({'; '.join(fields)}): "
                "choose another run folder, or delete this one"
            )

    def _json(self, name):
        try:
            return json.loads((self.folder / name).read_text())
        except FileNotFoundError:
            raise BadInput(f"{self.folder} is not a run folder: it has no {name}") from None
        except ValueError as error:
            raise BadInput(f"{self.folder / name} is damaged ({error})") from error


@contextmanager
def replacing(path: Path):
    """Give a temporary path beside `path`; when the block ends well it is flushed to disk and takes its place."""
    temporary = path.with_name(f".writing-{path.name}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def save_weights(model, path: Path, scenes) -> None:
    """Write a colorizer's weights, and what is needed to build the network again, into one .weights.h5 file."""
    # A model of the same layers that was never compiled: otherwise Keras would add the optimizer's state, which is
    # twice as large as the weights.
    keras.Model(model.input, model.output).save_weights(path)
    with h5py.File(path, "a") as file:
        file.attrs["colorlab"] = json.dumps({"depth": depth_of(model), "scenes": list(scenes)})


def load_weights(path: str | Path):
    """Read a weights file: (the network, the names of the scenes). Nothing in the file is executed."""
    path = Path(path)
    try:
        with h5py.File(path) as file:
            header = json.loads(file.attrs["colorlab"])
        model = networks.colorizer(header["depth"], len(header["scenes"]))
        model.load_weights(path)
    except FileNotFoundError:
        raise BadInput(f"no weights file {path}") from None
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{path} is not a usable file of colorlab weights: {error}") from error
    return model, tuple(header["scenes"])


def depth_of(model) -> int:
    return model.get_layer("low_level_1").filters


def provenance(dataset) -> dict:
    """Where, when and on what a run takes place."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "backend": keras.backend.backend(),
        "versions": _versions("colorlab", "keras", "tensorflow-cpu", "tensorflow", "jax", "numpy"),
        "python": platform.python_version(),
        "hardware": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "accelerators": keras.distribution.list_devices("gpu"),
        },
        "dataset": _described(dataset),
    }


def _described(dataset) -> dict:
    return {"name": dataset.name, "photographs": len(dataset), "digest": dataset.digest}


def _commit() -> str:
    """The commit of the checkout, with "+" if it has been changed since; "unknown" outside a checkout."""
    try:
        git = ["git", "-C", str(ROOT)]
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "colorlab"]).returncode
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit.strip() + ("+" if changed else "")


def _versions(*packages) -> dict:
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
