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

from colorlab import BadInput, networks
from colorlab.atomic import replacing
from colorlab.backend import keras

SUMS = "SHA256SUMS"  # in the format of sha256sum, beside the weights that ship
LARGE = 200_000  # numbers: kernels from this size on are rounded when they ship
COMPRESSED = {"compression": "gzip", "compression_opts": 9, "shuffle": True}  # HDF5's own, undone whenever it is read


def save(model, path: str | Path, scenes) -> None:
    """Write a colorizer's weights; `scenes` are the names of its classes. Raises OSError if there is no room."""
    path = Path(path)
    needed = 4.5 * model.count_params() + 1e6  # bytes: four a number, and room for the names
    if shutil.disk_usage(path.parent).free < needed:
        # HDF5 does not bear a disk that fills up while it writes: the program crashes when it ends.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    with replacing(path) as temporary:
        # A model of the same layers that was never compiled: of a compiled one Keras would write the optimizer's
        # state too, which is twice as large as the weights.
        keras.Model(model.input, model.output).save_weights(temporary)
        with h5py.File(temporary, "a") as file:
            depth = model.get_layer("low_level_1").filters
            file.attrs["colorlab"] = json.dumps({"depth": depth, "scenes": list(scenes)})
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
    """Read a weights file: (the network in float32, the names of its scenes)."""
    path = Path(path)
    for digest, name in _sums(path.parent / SUMS):
        if name == path.name and path.is_file() and _sha256(path) != digest:
            raise BadInput(f"{path} is damaged (its SHA-256 is not the one in {SUMS}): get it from the project again")
    try:
        with h5py.File(path) as file:
            header = json.loads(file.attrs["colorlab"])
            if "sha256" in file.attrs and file.attrs["sha256"] != _digest(file):
                raise ValueError("its numbers do not have the SHA-256 they were written with")
        model = networks.colorizer(header["depth"], len(header["scenes"]))
        model.load_weights(path)
    except FileNotFoundError:
        raise BadInput(f"no weights file {path}") from None
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        why = str(error).strip().splitlines()[0]
        raise BadInput(f"{path} is not a usable file of colorlab weights ({why})") from error
    return model, tuple(header["scenes"])


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
