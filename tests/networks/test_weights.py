"""Weights files: one file that builds its own network again, and is refused when it is damaged."""

import shutil
from collections import namedtuple

import h5py
import numpy as np
import pytest

from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.networks import classifier, weights

LIGHTNESS = np.random.default_rng(0).uniform(-1, 1, (2, 128, 128, 1)).astype("float32")


# ---- of a colorizer


def test_there_and_back(model, tmp_path):
    weights.save(model, tmp_path / "w.weights.h5", ["abbey", "church/outdoor", "zoo"])
    again, scenes = weights.load(tmp_path / "w.weights.h5")
    assert scenes == ("abbey", "church/outdoor", "zoo")
    for name, value in model.predict_on_batch(LIGHTNESS).items():
        np.testing.assert_array_equal(again.predict_on_batch(LIGHTNESS)[name], value)


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


# ---- of a classifier


def test_a_classifier_is_read_as_a_colorizer_or_as_it_was_trained(headed):
    model, folder = headed
    answering, scenes = weights.load(folder / "whole.weights.h5")
    trained, _ = weights.load_trained(folder / "whole.weights.h5")
    assert scenes == ("a", "b", "c")
    np.testing.assert_array_equal(trained(LIGHTNESS)["chroma"], model(LIGHTNESS)["chroma"])
    np.testing.assert_allclose(trained.rarity, model.rarity, atol=1e-5)
    expected = classifier.as_colorizer(model)(LIGHTNESS)["chroma"]
    assert expected.shape == (2, 64, 64, 2)
    np.testing.assert_allclose(answering(LIGHTNESS)["chroma"], expected, atol=1e-5)


def test_a_classifiers_own_layers_are_enough_beside_the_networks_they_are_on(headed):
    model, folder = headed
    assert (folder / "head.weights.h5").stat().st_size < 0.2 * (folder / "whole.weights.h5").stat().st_size
    again, scenes = weights.load_trained(folder / "head.weights.h5")
    assert scenes == ("a", "b", "c")
    for name, value in model(LIGHTNESS).items():
        np.testing.assert_array_equal(again(LIGHTNESS)[name], value)


def test_a_classifier_that_answers_is_saved_as_the_classifier_it_is(headed, tmp_path):
    model, _ = headed
    weights.save(classifier.as_colorizer(model), tmp_path / "w.weights.h5", "abc")
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


def test_a_network_that_is_not_known_here_is_named(headed, tmp_path):
    path = shutil.copy(headed[1] / "whole.weights.h5", tmp_path)
    with h5py.File(path, "a") as file:
        file.attrs["colorlab"] = file.attrs["colorlab"].replace("classifier", "transformer")
    with pytest.raises(BadInput, match="whole.weights.h5 is not a usable file of colorlab weights .*transformer"):
        weights.load(path)
