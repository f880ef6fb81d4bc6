"""What several test files share: the shipped photographs, and a tiny network trained on them for a few steps."""

import signal

import pytest

from colorlab import datasets
from colorlab.packing import pack
from colorlab.recipe import Recipe
from colorlab.training import train


@pytest.fixture(scope="session")
def pocket():
    return datasets.load("pocket")


@pytest.fixture(scope="session")
def tiny_recipe():
    return Recipe(depth=4, batch_size=4, epochs=2, steps_per_epoch=3, precision="mixed_bfloat16", validation_images=8)


@pytest.fixture(scope="session")
def tiny_run(pocket, tiny_recipe, tmp_path_factory):
    return train(pocket, tiny_recipe, tmp_path_factory.mktemp("runs") / "tiny")


@pytest.fixture
def packed(tmp_path):
    """The shipped photographs as a packed data set, a folder."""
    pack([datasets.DATA / "pocket"], tmp_path / "set", size=128)
    return tmp_path / "set"


@pytest.fixture
def interruptible():
    """Ctrl-C as in a terminal: what runs in the background may have it ignored."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)
