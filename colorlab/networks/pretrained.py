"""The table of the networks that ship, and how a name, a run folder or a file leads to weights. Needs no Keras."""

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
    saturation: float  # the factor by which `colorize` makes its colours stronger: our choice, see NETWORKS
    trunk: str | None = None  # the network whose layers up to the fusion it uses

    @property
    def file(self) -> Path:
        return SHIPPED / f"{self.name}.weights.h5"


# Each saturation is the largest factor, of those that were measured, whose CIEDE2000 is below that of grey (notebook 10
# and report/results).
NETWORKS = {
    network.name: network
    for network in (
        Pretrained("places", "the usual one", "colorizer", saturation=1.4),
        Pretrained("vivid", "one with more vivid colours", "classifier", saturation=1.2, trunk="places"),
        Pretrained("iizuka", "a small copy of the original", "iizuka", saturation=1.2),
    )
}
USUAL = "places"
ARCHITECTURES = {network.architecture for network in NETWORKS.values()}


def builder(architecture: str) -> Callable:
    """Return the function (depth, scenes) -> Keras model that builds an architecture of NETWORKS.

    Raises KeyError if there is no such architecture. Imports Keras.
    """
    if architecture not in ARCHITECTURES:
        raise KeyError(f"no architecture {architecture}")
    return getattr(importlib.import_module(f"colorlab.networks.{architecture}"), architecture)


def saturation_of(architecture: str) -> float:
    """Return the saturation of an architecture. An architecture that is not in NETWORKS has that of USUAL."""
    chosen = {network.architecture: network.saturation for network in NETWORKS.values()}
    return chosen.get(architecture, NETWORKS[USUAL].saturation)


def find_weights(where: str | Path = USUAL) -> Path:
    """Return the weights file of a name of NETWORKS, of a run folder (its best weights), or the file that was given.

    where : a name is a str. A Path is always a path, and so is "./places".

    A path that is not found from the working directory is looked for in the checkout. Raises BadInput if there is none.
    """
    if isinstance(where, str) and where in NETWORKS:
        file = NETWORKS[where].file
        if not file.is_file():
            raise BadInput(f"there is no {file}, which comes with colorlab: reinstall colorlab, or give other weights")
        return file
    path = Path(where)
    if not path.exists() and (ROOT / path).exists():  # a notebook runs in its own folder
        path = ROOT / path
    if path.is_dir():
        if not (path / "best.weights.h5").is_file():
            raise BadInput(f"{path} holds no best.weights.h5: it is not a run folder, or has not finished an epoch")
        return path / "best.weights.h5"
    if not path.is_file():
        raise BadInput(f"no weights file {path}: give a file, a run folder, or one of {', '.join(NETWORKS)}")
    return path
