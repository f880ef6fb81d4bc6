"""Weights files: a trained network in one .weights.h5 file, with what is needed to build the network again.

Only numbers are stored; the architecture is code, so nothing in a stranger's file is ever executed.
"""

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import h5py
import numpy as np

from colorlab import BadInput, classifier, iizuka, networks
from colorlab.atomic import replacing
from colorlab.backend import keras

SUMS = "SHA256SUMS"  # in the format of sha256sum, beside the weights that ship
# By the names of their models.
NETWORKS = {"colorizer": networks.colorizer, "classifier": classifier.classifier, "iizuka": iizuka.iizuka}
LARGE = 200_000  # numbers: kernels from this size on are rounded when they ship
COMPRESSED = {"compression": "gzip", "compression_opts": 9, "shuffle": True}  # HDF5's own, undone whenever it is read


def save(model, path: str | Path, scenes, trunk: Path | None = None) -> None:
    """Write a colorizer's weights; `scenes` are the names of its classes. Raises OSError if there is no room.

    trunk : a weights file of the networks below a classifier's own layers; then only these are written.
    """
    path = Path(path)
    header = {"depth": model.get_layer("low_level_1").filters, "scenes": list(scenes)}
    if model.name in NETWORKS and model.name != "colorizer":
        header["network"] = model.name
    if hasattr(model, "rarity"):  # a classifier's, see classifier.answering
        header["rarity"] = np.asarray(model.rarity).round(6).tolist()
    if trunk:
        if not classifier.has_trunk(model, load_trained(trunk)[0]):
            raise BadInput(f"{trunk} does not hold the networks that this classifier was trained on: give theirs")
        header["trunk"] = {"file": trunk.name, "sha256": _sha256(trunk)}
    needed = 4.5 * model.count_params() + 1e6  # bytes: four a number, and room for the names
    if shutil.disk_usage(path.parent).free < needed:
        # HDF5 does not bear a disk that fills up while it writes: the program crashes when it ends.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    with replacing(path) as temporary:
        # A model of the same layers that was never compiled: of a compiled one Keras would write the optimizer's
        # state too, which is twice as large as the weights.
        (classifier.head_of(model) if trunk else keras.Model(model.input, model.output)).save_weights(temporary)
        with h5py.File(temporary, "a") as file:
            file.attrs["colorlab"] = json.dumps(header)
            file.attrs["sha256"] = _digest(file)


def ship(source: Path, target: Path) -> None:
    """Write a weights file in a fifth of the size, with its SHA-256 in the SHA256SUMS beside it: what ships.

    Kernels become float16 and large ones are rounded, which HDF5's compression, taking nothing away, can make use of.
    What has one number a channel (biases, scales, population statistics) stays float32.
    """
    with replacing(target) as temporary, h5py.File(source) as full:
        with h5py.File(temporary, "w") as small:
            for name, value in full.attrs.items():
                small.attrs[name] = value

            def copy(name, item):
                if isinstance(item, h5py.Dataset):
                    values, packed = (rounded(item[()]), COMPRESSED) if item.ndim > 1 else (item[()], {})
                    if not np.isfinite(values).all():
                        raise BadInput(f"{source}: {name} has numbers that float16 cannot hold")
                    small.create_dataset(name, data=values, **packed)
                else:
                    small.require_group(name)
                for attribute, value in item.attrs.items():
                    small[name].attrs[attribute] = value

            full.visititems(copy)
            small.attrs["sha256"] = _digest(small)
    sums = target.parent / SUMS
    others = [line for line in _sums(sums) if line[1] != target.name]
    lines = sorted([*others, (_sha256(target), target.name)], key=lambda line: line[1])
    with replacing(sums) as temporary:
        temporary.write_text("".join(f"{digest}  {name}\n" for digest, name in lines))


def rounded(kernel: np.ndarray) -> np.ndarray:
    """A kernel as float16; a large one, in multiples of a power of two that is a 4th to an 8th of its root mean square.

    Our choice, by trial: where an output adds up a thousand products or more their errors cancel, and the 12 million
    numbers of the large kernels bear coarse steps; the 576 of the first layer don't. How far the colours of the shipped
    network are from those in the precision of its training is on record (rms_against_training_precision in
    report/results/places; promised: 0.5 Lab units).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if kernel.size < LARGE:
            return kernel.astype("float16")
        size = np.sqrt(np.mean(np.square(kernel)))
        step = 2.0 ** np.floor(np.log2(size / 4)) if size else 1.0
        return (np.round(kernel / step) * step).astype("float16")


def load(path: str | Path):
    """Read a weights file: (the colorizer in float32, the names of its scenes)."""
    model, scenes = load_trained(path)
    return (classifier.answering(model) if model.name == "classifier" else model), scenes


def load_trained(path: str | Path):
    """As `load`, but the network as it was trained: a classifier gives logits."""
    path = Path(path)
    for digest, name in _sums(path.parent / SUMS):
        if name == path.name and path.is_file() and _sha256(path) != digest:
            raise BadInput(f"{path} is damaged (its SHA-256 is not the one in {SUMS}): get it from the project again")
    try:
        with h5py.File(path) as file:
            header = json.loads(file.attrs["colorlab"])
            if "sha256" in file.attrs and file.attrs["sha256"] != _digest(file):
                raise ValueError("its numbers do not have the SHA-256 they were written with")
        model = NETWORKS[header.get("network", "colorizer")](header["depth"], len(header["scenes"]))
        if "rarity" in header:
            model.rarity = np.array(header["rarity"])
        if "trunk" in header:
            classifier.take_trunk(model, _trunk(path, **header["trunk"]))
            classifier.head_of(model).load_weights(path)
        else:
            model.load_weights(path)
    except FileNotFoundError:
        raise BadInput(f"no weights file {path}") from None
    except BadInput:  # of the networks that it is on
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        why = str(error).strip().splitlines()[0]
        raise BadInput(f"{path} is not a usable file of colorlab weights ({why})") from error
    return model, tuple(header["scenes"])


def _trunk(path, file, sha256):
    """The colorizer whose networks a classifier's layers are for: it lies beside them."""
    trunk = path.parent / Path(file).name
    if not trunk.is_file():
        raise BadInput(f"{path} needs {trunk}, which is not there: get both from the project again")
    model, _ = load_trained(trunk)  # says so if it is damaged
    if _sha256(trunk) != sha256:
        raise BadInput(f"{path} was trained on another {trunk.name} than the one beside it: get both again")
    return model


def _digest(file) -> str:
    """SHA-256 of all numbers in an open weights file, with their names."""
    digest = hashlib.sha256()

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            digest.update(f"{name} {item.dtype} {item.shape}".encode())
            digest.update(np.ascontiguousarray(item[()]))

    file.visititems(add)
    return digest.hexdigest()


def _sums(path: Path) -> list[tuple[str, str]]:
    """The lines of a SHA256SUMS: (digest, file name); none if there is no such file."""
    if not path.is_file():
        return []
    parts = (line.split(maxsplit=1) for line in path.read_text(errors="replace").splitlines())
    return [(digest, name.removeprefix("*")) for digest, name in (part for part in parts if len(part) == 2)]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
