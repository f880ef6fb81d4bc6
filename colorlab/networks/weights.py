"""Weights files: one .weights.h5 file holds a trained network and what is needed to build it again.

A file contains numbers and names only, no code. Nothing of a stranger's file is ever executed.
"""

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import h5py
import numpy as np

from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.reading import reading, require
from colorlab.networks import bins, classifier, pretrained
from colorlab.networks.pretrained import sha256_of

UNNAMED = "colorizer"  # the architecture of a file that does not name its own
WIDEST = 4096  # the depth and the scenes of a network, at most: a damaged header must not fill the memory


def save(model, path: str | Path, scenes, trunk: Path | None = None) -> None:
    """Write a network's weights. `scenes` are the names of its classes. Raises OSError if the disk is full.

    trunk : for a classifier, the weights file of its networks up to the fusion. Then only the layers after the fusion
        are written. Raises BadInput if that file has other weights than the classifier.
    """
    path = Path(path)
    header = {"depth": model.get_layer("low_level_1").filters, "scenes": list(scenes)}
    if model.name in pretrained.ARCHITECTURES and model.name != UNNAMED:
        header["network"] = model.name
    if hasattr(model, "rarity"):  # of a classifier, see classifier.as_colorizer
        header["rarity"] = np.asarray(model.rarity).round(6).tolist()
    if trunk:
        if not classifier.has_trunk(model, load_trained(trunk)[0]):
            raise BadInput(f"{trunk} does not hold the networks that this classifier was trained on: give theirs")
        header["trunk"] = {"file": trunk.name, "sha256": sha256_of(trunk)}
    needed = 4.5 * model.count_params() + 1e6  # bytes: four for each number, and some for the names
    if shutil.disk_usage(path.parent).free < needed:
        # If the disk filled up while HDF5 writes, the program would crash when it ends.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    with replacing(path) as temporary:
        # Keras would write the optimizer's state of a compiled model too, which is twice as large as the weights.
        # So a new model of the same layers is saved.
        (classifier.head_of(model) if trunk else keras.Model(model.input, model.output)).save_weights(temporary)
        with h5py.File(temporary, "a") as file:
            file.attrs["colorlab"] = json.dumps(header)
            file.attrs["sha256"] = digest_of(file)


def load(path: str | Path):
    """Read a weights file: (a colorizer in float32, the names of its scenes). Raises BadInput if it is damaged."""
    model, scenes = load_trained(path)
    return (classifier.as_colorizer(model) if model.name == "classifier" else model), scenes


def load_trained(path: str | Path):
    """Read a weights file as `load` does, but leave a classifier as it was trained: it predicts logits."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"no weights file {path}")
    pretrained.refuse_damaged(path)
    with reading(path, "get a whole copy of it, or train it again", fault="not a usable file of colorlab weights"):
        with h5py.File(path) as file:
            header = _checked(json.loads(file.attrs["colorlab"]))
            if "sha256" in file.attrs and file.attrs["sha256"] != digest_of(file):
                raise ValueError("its numbers do not have the SHA-256 they were written with")
        build = pretrained.builder(header.get("network", UNNAMED))
        model = build(header["depth"], len(header["scenes"]))
        if "rarity" in header:
            model.rarity = np.array(header["rarity"], dtype=float)
        if "trunk" in header:
            classifier.take_trunk(model, _trunk(path, **header["trunk"]))
            classifier.head_of(model).load_weights(path)
        else:
            model.load_weights(path)
    return model, tuple(header["scenes"])


def _checked(header):
    """Return the header of a weights file. Raises ValueError if no network can be built from it."""
    depth, scenes = require(header, {"depth": int, "scenes": [str]})["depth"], len(header["scenes"])
    if not (0 < depth <= WIDEST and 0 < scenes <= WIDEST):
        raise ValueError(f"it names a network of depth {depth} with {scenes} scenes")
    if len(require(header.get("rarity", []), [float])) not in (0, len(bins.centres())):
        raise ValueError("it has the weights of other bins")
    return header


def _trunk(path, file, sha256):
    """Read the colorizer that a classifier was trained on. Its file must lie beside the classifier's."""
    trunk = path.parent / Path(file).name
    if not trunk.is_file():
        raise BadInput(f"{path} needs {trunk}, which is not there: get both from the project again")
    model, _ = load_trained(trunk)  # raises BadInput if it is damaged
    if sha256_of(trunk) != sha256:
        raise BadInput(f"{path} was trained on another {trunk.name} than the one beside it: get both again")
    return model


def digest_of(file) -> str:
    """Return the SHA-256 of all numbers in an open weights file and of their names."""
    digest = hashlib.sha256()

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            digest.update(f"{name} {item.dtype} {item.shape}".encode())
            digest.update(np.ascontiguousarray(item[()]))

    file.visititems(add)
    return digest.hexdigest()
