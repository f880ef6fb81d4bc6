"""Transfer learning: what the trunk keeps, and what learns on it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.data import datasets
from colorlab.networks import bins, colorizer, pretrained, weights
from colorlab.networks.pretrained import find_weights
from colorlab.training import loop, transfer


@pytest.fixture(scope="module")
def on_shipped():
    return transfer.on_shipped_trunk()


def test_on_the_shipped_networks_only_its_own_layers_learn(on_shipped):
    names = [f"colorization_{part}" for part in ("1", "1_norm", "2", "2_norm", "3")]
    assert [layer.name for layer in on_shipped.layers if layer.trainable_variables] == names


def test_the_shipped_networks_give_it_the_same_features_even_in_training(on_shipped, pocket):
    lightness, _ = color.encode(datasets.centre(pocket)[:2])
    shipped, _ = weights.load(find_weights("places"))
    expected = np.asarray(colorizer.features(shipped, "fusion")(lightness))
    features = colorizer.features(on_shipped, "fusion")
    for training in (False, True, False):
        np.testing.assert_allclose(features(lightness, training=training), expected, atol=1e-4)
    scenes = [np.asarray(each(lightness)["scene"]) for each in (on_shipped, shipped)]
    np.testing.assert_allclose(*scenes, atol=1e-3)


@pytest.mark.parametrize(("depth", "scenes"), [(8, 10), (4, 3)])
def test_a_width_or_scenes_that_the_shipped_networks_lack_are_refused(tmp_path, monkeypatch, depth, scenes):
    weights.save(colorizer.colorizer(4, 10), tmp_path / "shipped.weights.h5", "abcdefghij")
    monkeypatch.setattr("colorlab.networks.pretrained.find_weights", lambda *given: tmp_path / "shipped.weights.h5")
    with pytest.raises(BadInput, match=f"depth 4 and 10 scenes.* have {depth} and {scenes}$"):
        transfer.on_shipped_trunk(depth, scenes)


def test_it_learns_its_own_layers_and_colors(tiny_run, tiny_recipe, pocket, tmp_path, monkeypatch):
    """With the average of the weights: the population statistics of the shipped layers are not measured anew."""
    monkeypatch.setattr(loop, "MEASURED", 1)
    monkeypatch.setattr(pretrained, "find_weights", lambda *given: tiny_run.folder / "last.weights.h5")
    few = replace(pocket, splits={"train": (0, 8), "val": (0, 8)})
    recipe = replace(tiny_recipe, loss="bins", alpha=0.0, average=0.9, epochs=1)
    run = loop.train(few, recipe, tmp_path / "run", network=transfer.on_shipped_trunk)
    assert 0 < run.column("val_chroma_loss")[0] < np.inf

    trained, _ = weights.load_trained(run.folder / "last.weights.h5")
    for layer in tiny_run.model("last").layers:
        if layer.weights and not layer.name.startswith("colorization"):
            for ours, theirs in zip(trained.get_layer(layer.name).weights, layer.weights, strict=True):
                np.testing.assert_array_equal(ours, theirs)
    assert np.any(trained.get_layer("colorization_3").bias)  # which begins at zero
    prior = bins.prior(datasets.chroma_of(few.split("train"), most=8))
    np.testing.assert_allclose(trained.rarity, bins.rarity(prior), atol=1e-5)

    lightness, _ = color.encode(datasets.centre(few)[:8])
    chroma = np.asarray(run.model("last")(lightness)["chroma"])
    assert chroma.shape == (8, 64, 64, 2) and 0 < chroma.min() < chroma.max() < 1
    _, pictured, _ = np.split(np.asarray(Image.open(run.pictures[-1])).astype(int), 3)
    assert np.abs(pictured - np.hstack(color.decode(lightness, chroma))).mean() < 3
