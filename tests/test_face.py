"""What a learner meets first: `import colorlab`, and the names it gives."""

import numpy as np
import pytest
from PIL import Image

import colorlab
from colorlab.base.paths import DATA
from colorlab.networks.pretrained import NETWORKS
from colorlab.training.recipe import RECIPES


def test_every_name_of_the_face_is_there():
    assert {"BadInput", "color", "colorize_files", "load"} <= set(dir(colorlab))
    assert all(getattr(colorlab, name) is not None for name in dir(colorlab))
    with pytest.raises(AttributeError, match="nothing"):
        colorlab.nothing  # noqa: B018


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_ships_colours_names_scenes_and_can_be_taken_apart(name):
    network = colorlab.load(name)
    photograph = Image.open(DATA / "gallery" / "china.jpg").convert("L")
    coloured = np.asarray(network.colorize(photograph)).astype(int)
    assert coloured.shape == (*photograph.size[::-1], 3) and np.ptp(coloured, axis=-1).max() > 30
    scenes = network.scene(photograph)
    assert sum(scenes.values()) == pytest.approx(1) and list(scenes.values()) == sorted(scenes.values(), reverse=True)
    assert set(scenes) == set(network.scenes) and len(scenes) == 100
    assert network.keras.name == NETWORKS[name].architecture


def test_each_network_that_ships_has_its_recipe_and_its_file():
    assert set(NETWORKS) == set(RECIPES)
    assert all(network.file.is_file() for network in NETWORKS.values())


@pytest.mark.parametrize("where", ["nothing", "runs/nothing", "missing.weights.h5"])
def test_what_is_no_network_is_answered_when_it_is_loaded(where):
    with pytest.raises(colorlab.BadInput, match=f"there is no {where}: give .*places, vivid, iizuka"):
        colorlab.load(where)


def test_a_file_name_is_no_photograph():
    network = colorlab.load("places")
    for work in (network.colorize, network.scene):
        with pytest.raises(colorlab.BadInput, match="'cat.jpg' is no photograph: give a PIL image"):
            work("cat.jpg")
