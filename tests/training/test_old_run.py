"""A run folder from before the package had folders (commit 2fd5694) is read, used and resumed as one of today's."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

import colorlab
from colorlab.base.paths import DATA
from colorlab.training import checkpoints
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run


@pytest.fixture
def old(tmp_path):
    """A training of depth 2, stopped after three of its four steps."""
    return Run(shutil.copytree(Path(__file__).with_name("run_of_2fd5694"), tmp_path / "run"))


def test_its_weights_colour_a_photograph(old):
    network = colorlab.load(old.folder)
    photograph = Image.open(DATA / "gallery" / "china.jpg")
    assert network.colorize(photograph).size == photograph.size
    assert network.scenes == ("animal", "energy", "fish", "household", "monument", "tool", "windmill")
    assert sum(network.scene(photograph).values()) == pytest.approx(1)


def test_it_resumes_from_its_checkpoint(old, pocket):
    if old.identity["data"]["digest"] != pocket.digest:
        pytest.skip("another library decodes the photographs to other bits here: that is another data set")
    before = old.history
    run = train(pocket, Recipe(**old.recipe), old.folder)
    assert [row["step"] for row in run.history] == [2, 4] and run.history[:1] == before
    assert [start["from_step"] for start in run.provenance] == [0, 3]
    assert checkpoints.reached(run.folder) == 4 and checkpoints.read(run.folder).identity == old.identity
