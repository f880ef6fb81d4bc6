"""Weights files: a trained network in one .weights.h5 file, with what is needed to build the network again.

Only numbers are stored; the architecture is code, so nothing in a stranger's file is ever executed.
"""

import json
from pathlib import Path

import h5py

from colorlab import BadInput, networks
from colorlab.atomic import replacing
from colorlab.backend import keras
from colorlab.datasets import DATA

SHIPPED = DATA / "weights"


def save(model, path: str | Path, scenes) -> None:
    """Write a colorizer's weights; `scenes` are the names of its classes."""
    with replacing(Path(path)) as temporary:
        # A model of the same layers that was never compiled: of a compiled one Keras would write the optimizer's
        # state too, which is twice as large as the weights.
        keras.Model(model.input, model.output).save_weights(temporary)
        with h5py.File(temporary, "a") as file:
            depth = model.get_layer("low_level_1").filters
            file.attrs["colorlab"] = json.dumps({"depth": depth, "scenes": list(scenes)})


def load(path: str | Path):
    """Read a weights file: (the network in float32, the names of its scenes)."""
    path = Path(path)
    try:
        with h5py.File(path) as file:
            header = json.loads(file.attrs["colorlab"])
        model = networks.colorizer(header["depth"], len(header["scenes"]))
        model.load_weights(path)
    except FileNotFoundError:
        raise BadInput(f"no weights file {path}") from None
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BadInput(f"{path} is not a usable file of colorlab weights: {error}") from error
    return model, tuple(header["scenes"])


def find(where: str | Path | None, runs: Path) -> Path:
    """The weights file that `where` means: a file, or a run folder with its best weights.

    None means the weights that ship with the project or, while there are none, those of the latest run in `runs`.
    """
    if where is None:
        shipped = sorted(SHIPPED.glob("*.weights.h5"))
        trained = sorted(runs.glob("**/best.weights.h5"), key=lambda path: path.stat().st_mtime)
        if not shipped + trained:
            raise BadInput("there are no trained weights yet: run `make course`, or give --weights FILE_OR_RUN")
        return shipped[0] if shipped else trained[-1]
    path = Path(where)
    if not path.is_dir():
        return path
    if not (path / "best.weights.h5").is_file():
        raise BadInput(f"{path} holds no best.weights.h5: it is not a run folder, or none of its epochs is finished")
    return path / "best.weights.h5"
