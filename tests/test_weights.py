"""Weights files: one file that builds its own network again, found where one would look, refused when damaged."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections import namedtuple

import h5py
import numpy as np
import pytest

from colorlab import ROOT, BadInput, classifier, color, datasets, networks, weights
from colorlab.backend import keras
from colorlab.datasets import DATA
from colorlab.photographs import read_photograph
from colorlab.runs import SHIPPED, find_weights


@pytest.fixture
def model():
    return networks.colorizer(depth=4, scenes=3)


def test_there_and_back(model, tmp_path):
    weights.save(model, tmp_path / "w.weights.h5", ["abbey", "church/outdoor", "zoo"])
    again, scenes = weights.load(tmp_path / "w.weights.h5")
    assert scenes == ("abbey", "church/outdoor", "zoo")
    lightness = np.random.default_rng(0).uniform(-1, 1, (2, 128, 128, 1)).astype("float32")
    for name, value in model.predict_on_batch(lightness).items():
        np.testing.assert_array_equal(again.predict_on_batch(lightness)[name], value)


def test_the_optimizer_is_not_stored(model, tmp_path):
    weights.save(model, tmp_path / "before.weights.h5", "abc")
    model.compile("adam", loss={"chroma": "mse", "scene": "mse"})
    model.optimizer.build(model.trainable_variables)
    weights.save(model, tmp_path / "after.weights.h5", "abc")
    sizes = [(tmp_path / f"{when}.weights.h5").stat().st_size for when in ("before", "after")]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.01)


def test_a_save_that_fails_leaves_the_old_file(model, tmp_path, monkeypatch):
    path = tmp_path / "w.weights.h5"
    weights.save(model, path, "abc")
    before = path.read_bytes()

    def fails(self, target):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save_weights", fails)
    with pytest.raises(OSError):
        weights.save(model, path, "abc")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


DAMAGE = {
    "truncated": lambda data: data[: len(data) // 2],
    "not HDF5": lambda data: b"not weights at all",
    "empty": lambda data: b"",
    "no header": lambda data: data.replace(b"colorlab", b"whatever"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named(model, tmp_path, damage):
    path = tmp_path / "w.weights.h5"
    weights.save(model, path, "abc")
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(BadInput, match="w.weights.h5 is not a usable file"):
        weights.load(path)


def test_a_file_with_one_number_changed_is_refused(model, tmp_path):
    path = tmp_path / "w.weights.h5"
    weights.save(model, path, "abc")
    with h5py.File(path, "a") as file:
        file["layers/conv2d/vars/0"][0, 0, 0, 0] += 1e-6
    with pytest.raises(BadInput, match="its numbers do not have the SHA-256 they were written with"):
        weights.load(path)


def test_where_there_is_no_room_nothing_is_begun(model, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: namedtuple("usage", "free")(1000))
    with pytest.raises(OSError, match="No space left on device"):
        weights.save(model, tmp_path / "w.weights.h5", "abc")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInput, match="no weights file .*nowhere.weights.h5"):
        weights.load(tmp_path / "nowhere.weights.h5")


def test_what_ships_is_a_third_as_large_and_predicts_the_same(tmp_path):
    model = networks.colorizer(depth=32, scenes=3)
    weights.save(model, tmp_path / "full.weights.h5", "abc")
    (tmp_path / "shipped").mkdir()
    target = tmp_path / "shipped" / "small.weights.h5"
    weights.ship(tmp_path / "full.weights.h5", target)
    assert target.stat().st_size < 0.36 * (tmp_path / "full.weights.h5").stat().st_size
    again, scenes = weights.load(target)
    assert scenes == ("a", "b", "c")
    lightness = np.random.default_rng(0).uniform(-1, 1, (2, 128, 128, 1)).astype("float32")
    difference = again.predict_on_batch(lightness)["chroma"] - model.predict_on_batch(lightness)["chroma"]
    assert 0 < 255 * np.sqrt(np.mean(difference**2)) < 0.5  # Lab units


def test_numbers_that_float16_cannot_hold_are_not_shipped(model, tmp_path):
    model.get_layer("mid_level_1").kernel.assign_add(np.full(model.get_layer("mid_level_1").kernel.shape, 1e6))
    weights.save(model, tmp_path / "full.weights.h5", "abc")
    with pytest.raises(BadInput, match="full.weights.h5: .* float16 cannot hold"):
        weights.ship(tmp_path / "full.weights.h5", tmp_path / "half.weights.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["full.weights.h5"]


def test_a_shipped_file_with_one_byte_changed_is_refused(model, tmp_path):
    weights.save(model, tmp_path / "full.weights.h5", "abc")
    for name in ("one", "two"):
        weights.ship(tmp_path / "full.weights.h5", tmp_path / f"{name}.weights.h5")
    assert len((tmp_path / "SHA256SUMS").read_text().splitlines()) == 2
    data = bytearray((tmp_path / "one.weights.h5").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "one.weights.h5").write_bytes(data)
    weights.load(tmp_path / "two.weights.h5")
    with (tmp_path / "SHA256SUMS").open("a") as file:
        file.write("\nwhat another program writes\nMD5 (x) = 1\n")
    with pytest.raises(BadInput, match="one.weights.h5 is damaged .*SHA-256"):
        weights.load(tmp_path / "one.weights.h5")


LIGHTNESS = np.random.default_rng(0).uniform(-1, 1, (2, 128, 128, 1)).astype("float32")


@pytest.fixture(scope="module")
def headed(tmp_path_factory):
    """A classifier on a colorizer's networks, and where it lies: whole in one file, and beside the colorizer's."""
    folder, trunk, model = tmp_path_factory.mktemp("headed"), networks.colorizer(4, 3), classifier.classifier(4, 3)
    weights.save(trunk, folder / "trunk.weights.h5", "abc")
    classifier.take_trunk(model, trunk)
    model.rarity = np.linspace(0.2, 6, 261)
    weights.save(model, folder / "whole.weights.h5", "abc")
    weights.save(model, folder / "head.weights.h5", "abc", folder / "trunk.weights.h5")
    return model, folder


def test_a_classifier_is_read_as_a_colorizer_or_as_it_was_trained(headed):
    model, folder = headed
    colorizer, scenes = weights.load(folder / "whole.weights.h5")
    trained, _ = weights.load_trained(folder / "whole.weights.h5")
    assert scenes == ("a", "b", "c")
    np.testing.assert_array_equal(trained(LIGHTNESS)["chroma"], model(LIGHTNESS)["chroma"])
    np.testing.assert_allclose(trained.rarity, model.rarity, atol=1e-5)
    expected = classifier.answering(model)(LIGHTNESS)["chroma"]
    assert expected.shape == (2, 64, 64, 2)
    np.testing.assert_allclose(colorizer(LIGHTNESS)["chroma"], expected, atol=1e-5)


def test_a_classifiers_own_layers_are_enough_beside_the_networks_they_are_on(headed):
    model, folder = headed
    assert (folder / "head.weights.h5").stat().st_size < 0.2 * (folder / "whole.weights.h5").stat().st_size
    again, scenes = weights.load_trained(folder / "head.weights.h5")
    assert scenes == ("a", "b", "c")
    for name, value in model(LIGHTNESS).items():
        np.testing.assert_array_equal(again(LIGHTNESS)[name], value)


def test_a_classifier_that_answers_is_saved_as_the_classifier_it_is(headed, tmp_path):
    model, _ = headed
    weights.save(classifier.answering(model), tmp_path / "w.weights.h5", "abc")
    again, _ = weights.load_trained(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(again(LIGHTNESS)["chroma"], model(LIGHTNESS)["chroma"])


def test_without_the_networks_it_is_on_a_classifier_is_refused_in_one_sentence(headed, model, tmp_path):
    head, trunk = (tmp_path / f"{name}.weights.h5" for name in ("head", "trunk"))
    shutil.copy(headed[1] / "head.weights.h5", head)
    with pytest.raises(BadInput) as missing:
        weights.load(head)
    assert str(missing.value) == f"{head} needs {trunk}, which is not there: get both from the project again"
    weights.save(model, trunk, "abc")
    with pytest.raises(BadInput) as another:
        weights.load(head)
    assert str(another.value).startswith(f"{head} was trained on another trunk.weights.h5 than the one beside it: get")


def test_what_ships_of_a_classifier_is_on_what_ships_of_a_colorizer(headed, tmp_path):
    """As it is made: the trunk is rounded first, and the classifier's own layers are saved and rounded beside it."""
    model, folder = headed
    trunk, head = (tmp_path / f"{name}.weights.h5" for name in ("trunk", "head"))
    weights.ship(folder / "trunk.weights.h5", trunk)
    weights.save(model, tmp_path / "full.weights.h5", "abc", trunk)
    weights.ship(tmp_path / "full.weights.h5", head)
    again, _ = weights.load_trained(head)
    logits = np.asarray(model(LIGHTNESS)["chroma"])
    assert 0 < np.abs(again(LIGHTNESS)["chroma"] - logits).max() < 0.02 * logits.std()
    assert [line.split()[1] for line in (tmp_path / weights.SUMS).read_text().splitlines()] == [head.name, trunk.name]


def test_a_network_that_is_not_known_here_is_named(headed, tmp_path):
    path = shutil.copy(headed[1] / "whole.weights.h5", tmp_path)
    with h5py.File(path, "a") as file:
        file.attrs["colorlab"] = file.attrs["colorlab"].replace("classifier", "transformer")
    with pytest.raises(BadInput, match="whole.weights.h5 is not a usable file of colorlab weights .*transformer"):
        weights.load(path)


@pytest.fixture(scope="module")
def shipped():
    return weights.load(find_weights())


@pytest.fixture(scope="module")
def lightness(pocket):
    return color.encode(datasets.centre(pocket.split("val")))[0]


def test_what_ships_is_the_write_ups_network_in_at_most_27_megabytes(shipped):
    model, scenes = shipped
    assert model.get_layer("low_level_1").filters == networks.DEPTH and len(set(scenes)) == networks.SCENES
    assert find_weights().stat().st_size <= 27e6
    assert find_weights().name in (SHIPPED / weights.SUMS).read_text()


def test_a_photograph_has_the_same_colours_alone_and_in_a_batch(shipped, lightness):
    """Batch normalization goes by the population, not by what else is in the batch."""
    model, _ = shipped
    together = model.predict_on_batch(lightness)["chroma"]
    alone = np.concatenate([model.predict_on_batch(one[None])["chroma"] for one in lightness[:4]])
    assert 255 * together.std() > 3  # Lab units: these are colours
    np.testing.assert_allclose(alone, together[:4], atol=1e-5)


def test_a_photograph_has_the_colours_of_training(lightness):
    """What the authors' program got wrong: results normalised by other numbers than in training (notebook 11)."""
    model, _ = weights.load(find_weights())
    in_use = np.asarray(model(lightness, training=False)["chroma"])
    in_training = np.asarray(model(lightness, training=True)["chroma"])
    again = networks.colorizer(networks.DEPTH, networks.SCENES)
    for layer in model.layers:
        if not isinstance(layer, keras.layers.BatchNormalization):
            again.get_layer(layer.name).set_weights(layer.get_weights())
    mistaken = np.asarray(again(lightness, training=False)["chroma"])
    apart, mistaken_by = (255 * np.abs(chroma - in_training).mean() for chroma in (in_use, mistaken))
    assert apart < 5 and mistaken_by > 25, (apart, mistaken_by)  # Lab units


def test_a_wheel_brings_the_weights_and_colours_the_same_elsewhere(shipped, lightness, tmp_path):
    """Installed without the checkout, in a new process, in another folder."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    np.save(tmp_path / "lightness.npy", lightness[:4])
    program = """
import numpy as np
from colorlab import runs, weights
print(runs.find_weights())
model, _ = weights.load(runs.find_weights())
np.save("chroma.npy", model.predict_on_batch(np.load("lightness.npy"))["chroma"])
"""
    elsewhere = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=elsewhere, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "installed" / "colorlab"))
    here = shipped[0].predict_on_batch(lightness[:4])["chroma"]
    np.testing.assert_allclose(np.load(tmp_path / "chroma.npy"), here, atol=1e-5)


def test_the_shipped_network_beats_grey_on_photographs_it_has_never_seen(shipped, pocket):
    lightness, targets = datasets.encoded(datasets.centre(pocket), pocket.labels)
    squared = np.square(shipped[0].predict(lightness, verbose=0)["chroma"] - targets["chroma"]).sum()
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
def test_the_scenes_have_their_right_names(shipped, name, scene):
    """Trained weights whose names are interchanged would pass all measurements on data with the same names."""
    model, scenes = shipped
    square = read_photograph(DATA / f"{name}.jpg").convert("RGB").resize((128, 128))
    logits = model.predict_on_batch(color.encode(np.asarray(square)[None])[0])["scene"][0]
    assert scene in [scenes[k] for k in np.argsort(-logits)[:3]]
