"""The table of the networks that ship, and how a name, a run folder or a file leads to weights. Needs no Keras."""

import hashlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA, PACKAGE, ROOT

_IN_WHEEL = PACKAGE / "shipped"  # where they are in a package that is installed without data/
SHIPPED = _IN_WHEEL if _IN_WHEEL.is_dir() else DATA / "weights"


@dataclass(frozen=True)
class Pretrained:
    """A network that ships. The recipe that trained it (training/recipe.py) has the same name."""

    name: str
    description: str  # for the help of the command line
    architecture: str  # the function that builds it, in the file of that name beside this one
    saturation: float  # the factor by which `colorize` makes its colours stronger (report/choices.py chose it)
    trunk: str | None = None  # the network whose layers up to the fusion it uses

    @property
    def file(self) -> Path:
        """Keras's weights, from which a training can go on."""
        return SHIPPED / f"{self.name}.weights.h5"

    @property
    def onnx(self) -> Path:
        """The same network as ONNX Runtime runs it."""
        return SHIPPED / f"{self.name}.onnx"


NETWORKS = {
    network.name: network
    for network in (
        Pretrained("places", "the write-up's network", "colorizer", saturation=1.2),
        Pretrained("vivid", "one with more vivid colours", "classifier", saturation=1.1, trunk="places"),
        Pretrained("iizuka", "a small copy of the original", "iizuka", saturation=1.0),
    )
}
DEFAULT = "vivid"  # of what colours photographs; report/choices.py chose it
SUMS = "SHA256SUMS"  # in the format of sha256sum, beside the files that ship
# --device -> ONNX Runtime's name for what computes. Which of them exist depends on the package that is installed.
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "coreml": "CoreMLExecutionProvider"}
ARCHITECTURES = {network.architecture for network in NETWORKS.values()}


def builder(architecture: str) -> Callable:
    """Return the function (depth, scenes) -> Keras model that builds an architecture of NETWORKS.

    Raises KeyError if there is no such architecture. Imports Keras.
    """
    if architecture not in ARCHITECTURES:
        raise KeyError(f"no architecture {architecture}")
    return getattr(importlib.import_module(f"colorlab.networks.{architecture}"), architecture)


def saturation_of(architecture: str) -> float:
    """Return the saturation of an architecture. An architecture that is not in NETWORKS keeps its colours: 1."""
    return {network.architecture: network.saturation for network in NETWORKS.values()}.get(architecture, 1.0)


def find_weights(where: str | Path) -> Path:
    """Return the weights file of a name of NETWORKS, of a run folder (its best weights), or the file that was given.

    where : a name is a str. A Path is always a path, and so is "./places".

    A path that is not found from the working directory is looked for in the checkout. Raises BadInput if there is none.
    """
    if isinstance(where, str) and where in NETWORKS:
        return _shipped(NETWORKS[where].file)
    path = Path(where)
    if not path.exists() and (ROOT / path).exists():  # a notebook runs in its own folder
        path = ROOT / path
    if path.is_dir():
        if not (path / "best.weights.h5").is_file():
            raise BadInput(f"{path} holds no best.weights.h5: it is not a run folder, or has not finished an epoch")
        return path / "best.weights.h5"
    if not path.is_file():
        raise BadInput(f"there is no {path}: give a file, a run folder, or one of {', '.join(NETWORKS)}")
    return path


def find_network(where: str | Path = DEFAULT) -> Path:
    """Return the file that colours: the ONNX file of a name of NETWORKS, else what `find_weights` finds."""
    return _shipped(NETWORKS[where].onnx) if isinstance(where, str) and where in NETWORKS else find_weights(where)


def _shipped(file):
    if not file.is_file():
        raise BadInput(f"there is no {file}, which comes with colorlab: reinstall colorlab, or give other weights")
    sums = file.parent / SUMS
    if file.name not in [name for _, name in checksums(sums)]:
        raise BadInput(f"{sums} has no SHA-256 of {file.name}: get {SUMS} from the project again")
    return file


def refuse_damaged(path: Path) -> None:
    """Raise BadInput if a file does not have the SHA-256 that the SHA256SUMS beside it gives it."""
    for digest, name in checksums(path.parent / SUMS):
        if name == path.name and path.is_file() and sha256_of(path) != digest:
            raise BadInput(f"{path} is damaged (its SHA-256 is not the one in {SUMS}): get it from the project again")


def checksums(path: Path) -> list[tuple[str, str]]:
    """Return the lines of a SHA256SUMS as (digest, file name), or an empty list if there is no such file."""
    if not path.is_file():
        return []
    parts = (line.split(maxsplit=1) for line in path.read_text(errors="replace").splitlines())
    return [(digest, name.removeprefix("*")) for digest, name in (part for part in parts if len(part) == 2)]


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
