"""The networks that ship: found where one would look, and with the colours and scenes that they were trained for."""

import json
from pathlib import Path

import numpy as np
import pytest

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA, RESULTS
from colorlab.data import batches, datasets
from colorlab.data.photographs import read_photograph
from colorlab.networks import authors, bins, colorizer, pretrained, tables, weights
from colorlab.networks.pretrained import NETWORKS, SHIPPED, find_network, find_weights
from colorlab.painting.network import load
from colorlab.training.recipe import RECIPES

# ---- where weights are found


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_ships_is_found_by_its_name(name):
    assert find_weights(name) == SHIPPED / f"{name}.weights.h5"


def test_without_a_name_it_is_the_default_look():
    assert find_network() == SHIPPED / f"{pretrained.DEFAULT}.onnx"


def test_a_name_without_its_file_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    with pytest.raises(BadInput, match="vivid.weights.h5, which comes with colorlab"):
        find_weights("vivid")


def test_a_file_that_ships_without_its_checksum_is_refused(monkeypatch, tmp_path):
    (tmp_path / "vivid.onnx").write_bytes(b"anything")
    (tmp_path / pretrained.SUMS).write_text("0  places.onnx\n")
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    with pytest.raises(BadInput, match="SHA256SUMS has no SHA-256 of vivid.onnx: get SHA256SUMS from the project"):
        find_network("vivid")


def test_a_run_folder_has_its_best_weights_and_a_file_is_itself(tiny_run):
    best, last = (tiny_run.folder / f"{which}.weights.h5" for which in ("best", "last"))
    assert find_weights(tiny_run.folder) == find_weights(str(tiny_run.folder)) == best
    assert find_weights(last) == find_weights(str(last)) == last


def test_what_is_not_in_the_working_directory_is_looked_for_in_the_checkout(tiny_run, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pretrained, "ROOT", tiny_run.folder.parent)
    assert find_weights(tiny_run.folder.name) == tiny_run.folder / "best.weights.h5"


def test_the_working_directory_comes_first(tiny_run, monkeypatch, tmp_path):
    (tmp_path / tiny_run.folder.name).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pretrained, "ROOT", tiny_run.folder.parent)
    with pytest.raises(BadInput, match=f"^{tiny_run.folder.name} holds no best.weights.h5"):
        find_weights(tiny_run.folder.name)


def test_what_is_not_there_is_refused_with_what_there_is():
    with pytest.raises(BadInput, match="^there is no placess: .* one of places, vivid, iizuka"):
        find_weights("placess")


# ---- the table of the networks


def test_every_network_that_ships_has_its_recipe_and_a_trunk_that_ships():
    assert all(name in RECIPES and network.name == name for name, network in NETWORKS.items())
    assert {network.trunk for network in NETWORKS.values()} - {None} <= set(NETWORKS)


@pytest.mark.parametrize("architecture", sorted(pretrained.ARCHITECTURES))
def test_an_architecture_is_built_by_the_function_of_its_name(architecture):
    model = pretrained.builder(architecture)(2, 3)
    assert model.name == architecture and model.output["scene"].shape == (None, 3)


@pytest.mark.parametrize("unknown", ["transformer", "layers", ""])
def test_nothing_else_is_built(unknown):
    with pytest.raises(KeyError, match="no architecture"):
        pretrained.builder(unknown)


def test_the_default_look_and_its_saturation_are_those_that_the_record_chose():
    known = json.loads((RESULTS / "choices.json").read_text())
    assert known["default"] == pretrained.DEFAULT
    assert known["saturation"] == {name: network.saturation for name, network in pretrained.NETWORKS.items()}
    assert known["pair"] == f"T {bins.TEMPERATURE:g}, {bins.TAKEN_BACK:g} taken back"
    assert known["choose"][f"{known['pair']} x1.1"] == known["choose"]["vivid x1.1"], "it is not what ships"


def test_what_was_chosen_holds_on_the_other_half():
    known = json.loads((RESULTS / "errors" / "metrics.json").read_text())["miniplaces"]["against"]
    for name, network in pretrained.NETWORKS.items():
        low, _ = known[f"{name} x{network.saturation:g}"]["grey"]["ciede2000"]["interval"]
        assert low > 0, name


def test_a_network_of_ones_own_is_as_saturated_as_its_architecture_if_that_ships():
    names = ("colorizer", "classifier", "iizuka", "my_own")
    assert [pretrained.saturation_of(name) for name in names] == [1.2, 1.1, 1.0, 1.0]


# ---- what their weights do


@pytest.fixture(scope="module")
def places():
    return load("places")


@pytest.fixture(scope="module")
def lightness(pocket):
    return color.encode(datasets.centre(pocket.split("val")))[0]


def test_the_usual_one_is_the_write_ups_network_in_at_most_27_megabytes(places):
    assert places.keras.get_layer("low_level_1").filters == tables.DEPTH
    assert len(set(places.scenes)) == tables.SCENES
    assert places.weights.stat().st_size <= 27e6


@pytest.mark.parametrize(
    ("name", "factor", "sky", "ground"),
    [
        ("places", 1.4, [2.48, -18.52], [-0.51, 5.78]),
        ("vivid", 1.2, [1.57, -19.53], [-0.94, 5.53]),
        ("iizuka", 1.2, [0.41, -9.52], [-0.06, 9.36]),
    ],
)
def test_the_files_that_ship_give_the_colors_they_were_shipped_with(name, factor, sky, ground):
    """Mean a and b as an earlier colorlab computed them: weights files of its format must stay readable."""
    assert f"{name}.weights.h5" in (SHIPPED / pretrained.SUMS).read_text()
    (chroma,) = load(name).chroma([read_photograph(DATA / "legacy" / "alpine_landscape_1870.jpg")], factor)
    ab = color.ab_of(chroma)
    np.testing.assert_allclose([ab[:32].mean(axis=(0, 1)), ab[32:].mean(axis=(0, 1))], [sky, ground], atol=0.05)


def test_a_photograph_has_the_same_colors_alone_and_in_a_batch(places, lightness):
    """Batch normalization goes by the population statistics, not by what else is in the batch."""
    together = places.keras.predict_on_batch(lightness)["chroma"]
    alone = np.concatenate([places.keras.predict_on_batch(one[None])["chroma"] for one in lightness[:4]])
    assert 255 * together.std() > 3  # Lab units: these are colours
    np.testing.assert_allclose(alone, together[:4], atol=1e-5)


def test_a_photograph_has_the_colors_of_training(lightness):
    """What the authors' program got wrong: results normalised by other numbers than in training (notebook 11)."""
    model, _ = weights.load(find_weights("places"))
    answers = authors.three_ways(model, colorizer.colorizer, lightness)
    chroma = {way: layers["chroma"] for way, layers in answers.items()}
    apart, mistaken_by = (
        255 * np.abs(chroma[way] - chroma["batch statistics"]).mean()
        for way in ("population statistics", "new variables")
    )
    assert apart < 5 and mistaken_by > 25, (apart, mistaken_by)  # Lab units


def test_the_usual_one_beats_grey_on_photographs_it_has_never_seen(places, pocket):
    lightness, targets = batches.encoded(datasets.centre(pocket)[::3], pocket.labels[::3])
    squared = np.square(places.keras.predict(lightness, verbose=0)["chroma"] - targets["chroma"]).sum()
    assert squared < 0.95 * np.square(color.GREY - targets["chroma"]).sum()


@pytest.mark.parametrize(
    "name, scene",
    [
        ("gallery/cincinnati_bridge", "bridge"),
        ("gallery/dandelions", "corn_field"),
        ("legacy/dust_bowl_home_1940", "shed"),
        ("legacy/alpine_landscape_1870", "mountain"),
    ],
)
def test_the_scenes_have_their_right_names(places, name, scene):
    """Trained weights whose names are interchanged would pass all measurements on data with the same names."""
    assert scene in list(places.scene(read_photograph(DATA / f"{name}.jpg")))[:3]


def test_a_path_is_a_path_where_it_looks_like_a_name(tmp_path, monkeypatch):
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "best.weights.h5").touch()
    monkeypatch.chdir(tmp_path)
    assert find_weights("places") == NETWORKS["places"].file
    for where in (Path("places"), "./places"):
        assert find_weights(where) == Path("places") / "best.weights.h5"
