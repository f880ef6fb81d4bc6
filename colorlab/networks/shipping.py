"""Make a weights file small enough to ship."""

from pathlib import Path

import h5py
import numpy as np

from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.networks.pretrained import SUMS, checksums, sha256_of
from colorlab.networks.weights import digest_of

LARGE = 200_000  # numbers: kernels of this size or more are rounded
COMPRESSED = {"compression": "gzip", "compression_opts": 9, "shuffle": True}  # HDF5 undoes it when the file is read


def ship(source: Path, target: Path) -> None:
    """Write a copy of a weights file in a fifth of the size, and its SHA-256 to the SHA256SUMS beside it.

    Kernels become float16, and large ones are rounded so that HDF5's lossless compression makes them smaller. Arrays
    with one number a channel (biases, scales, population statistics) stay float32.
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
            small.attrs["sha256"] = digest_of(small)
    note_checksum(target)


def note_checksum(file: Path) -> None:
    """Write the SHA-256 of a file to the SHA256SUMS beside it."""
    sums = file.parent / SUMS
    others = [line for line in checksums(sums) if line[1] != file.name]
    lines = sorted([*others, (sha256_of(file), file.name)], key=lambda line: line[1])
    with replacing(sums) as temporary:
        temporary.write_text("".join(f"{digest}  {name}\n" for digest, name in lines))


def rounded(kernel: np.ndarray) -> np.ndarray:
    """Convert a kernel to float16. A large one is rounded to multiples of a power of two.

    That power is a 4th to an 8th of the kernel's root mean square: our choice, by trial. In the large kernels, which
    have 12 million numbers, an output adds up a thousand products or more, and their errors cancel. The 576 numbers of
    the first layer need finer steps. report/results/places records how far the colours of the shipped network are from
    those in the precision of its training (rms_against_training_precision; promised: 0.5 Lab units).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if kernel.size < LARGE:
            return kernel.astype("float16")
        size = np.sqrt(np.mean(np.square(kernel)))
        step = 2.0 ** np.floor(np.log2(size / 4)) if size else 1.0
        return (np.round(kernel / step) * step).astype("float16")
