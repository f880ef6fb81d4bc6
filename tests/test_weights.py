"""Weights files: one file that builds its own network again, found where one would look, refused when damaged."""

import numpy as np
import pytest

from colorlab import BadInput, networks, weights
from colorlab.backend import keras


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


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInput, match="no weights file .*nowhere.weights.h5"):
        weights.load(tmp_path / "nowhere.weights.h5")
