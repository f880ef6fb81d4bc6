"""Weights files: a trained network in one .weights.h5 file, with what is needed to build the network again.

Only numbers are stored; the architecture is code, so nothing in a stranger's file is ever executed.
"""

import json
from pathlib import Path

import h5py

from colorlab import BadInput, networks
from colorlab.atomic import replacing
from colorlab.backend import keras


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
        why = str(error).strip().splitlines()[0]
        raise BadInput(f"{path} is not a usable file of colorlab weights ({why})") from error
    return model, tuple(header["scenes"])
