"""Weights made small enough to ship: how small, how exact, and refused when a byte has changed."""

import numpy as np
import pytest

from colorlab.base.errors import BadInput
from colorlab.networks import colorizer, pretrained, shipping, weights

LIGHTNESS = np.random.default_rng(0).uniform(-1, 1, (2, 128, 128, 1)).astype("float32")


def test_what_ships_is_a_third_as_large_and_predicts_the_same(tmp_path):
    model = colorizer.colorizer(depth=32, scenes=3)
    weights.save(model, tmp_path / "full.weights.h5", "abc")
    (tmp_path / "shipped").mkdir()
    target = tmp_path / "shipped" / "small.weights.h5"
    shipping.ship(tmp_path / "full.weights.h5", target)
    assert target.stat().st_size < 0.36 * (tmp_path / "full.weights.h5").stat().st_size
    again, scenes = weights.load(target)
    assert scenes == ("a", "b", "c")
    difference = again.predict_on_batch(LIGHTNESS)["chroma"] - model.predict_on_batch(LIGHTNESS)["chroma"]
    assert 0 < 255 * np.sqrt(np.mean(difference**2)) < 0.5  # Lab units


def test_numbers_that_float16_cannot_hold_are_not_shipped(model, tmp_path):
    model.get_layer("mid_level_1").kernel.assign_add(np.full(model.get_layer("mid_level_1").kernel.shape, 1e6))
    weights.save(model, tmp_path / "full.weights.h5", "abc")
    with pytest.raises(BadInput, match="full.weights.h5: .* float16 cannot hold"):
        shipping.ship(tmp_path / "full.weights.h5", tmp_path / "half.weights.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["full.weights.h5"]


def test_a_shipped_file_with_one_byte_changed_is_refused(model, tmp_path):
    weights.save(model, tmp_path / "full.weights.h5", "abc")
    for name in ("one", "two"):
        shipping.ship(tmp_path / "full.weights.h5", tmp_path / f"{name}.weights.h5")
    assert len((tmp_path / "SHA256SUMS").read_text().splitlines()) == 2
    data = bytearray((tmp_path / "one.weights.h5").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "one.weights.h5").write_bytes(data)
    weights.load(tmp_path / "two.weights.h5")
    with (tmp_path / "SHA256SUMS").open("a") as file:
        file.write("\nwhat another program writes\nMD5 (x) = 1\n")
    with pytest.raises(BadInput, match="one.weights.h5 is damaged .*SHA-256"):
        weights.load(tmp_path / "one.weights.h5")


def test_what_ships_of_a_classifier_is_on_what_ships_of_a_colorizer(headed, tmp_path):
    """As it is made: the trunk is rounded first, and the classifier's own layers are saved and rounded beside it."""
    model, folder = headed
    trunk, head = (tmp_path / f"{name}.weights.h5" for name in ("trunk", "head"))
    shipping.ship(folder / "trunk.weights.h5", trunk)
    weights.save(model, tmp_path / "full.weights.h5", "abc", trunk)
    shipping.ship(tmp_path / "full.weights.h5", head)
    again, _ = weights.load_trained(head)
    logits = np.asarray(model(LIGHTNESS)["chroma"])
    assert 0 < np.abs(again(LIGHTNESS)["chroma"] - logits).max() < 0.02 * logits.std()
    assert [line.split()[1] for line in (tmp_path / pretrained.SUMS).read_text().splitlines()] == [
        head.name,
        trunk.name,
    ]
