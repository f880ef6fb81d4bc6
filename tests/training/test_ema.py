"""The moving average of the weights is what is validated and saved, with population statistics of its own."""

from dataclasses import replace

import numpy as np
import pytest
from making import assert_same_numbers, two_layers

from colorlab.data import batches, datasets
from colorlab.training import checkpoints, loop
from colorlab.training.compile import compiled
from colorlab.training.ema import take_average
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run


@pytest.fixture
def without_graphs():
    """Making them takes most of the time of a training this small."""
    tensorflow = pytest.importorskip("tensorflow")
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("without_graphs")
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_the_average_of_the_weights_is_validated_and_kept(pocket, tiny_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "MEASURED", 3)
    run = train(pocket, replace(tiny_recipe, average=0.9), tmp_path / "run")
    recipe, last = Recipe(**run.recipe), run.model("last")
    model, copy = (compiled(recipe, len(pocket.classes), 6) for _ in range(2))
    checkpoints.restore(model, checkpoints.read(run.folder))
    before = [np.array(variable) for variable in model.weights]
    measured = [batches.batch(pocket.split("train"), step, recipe.sampling)[0] for step in range(loop.MEASURED)]
    take_average(copy, model, measured)
    for variable, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable, value)  # the model itself stays

    kept = last.get_layer("mid_level_1").kernel
    assert np.abs(kept - model.get_layer("mid_level_1").kernel).max() > 1e-5
    np.testing.assert_array_equal(copy.get_layer("mid_level_1").kernel, kept)
    statistics = last.get_layer("mid_level_1_norm").moving_mean
    np.testing.assert_array_equal(copy.get_layer("mid_level_1_norm").moving_mean, statistics)

    first = copy.get_layer("low_level_1")
    maps = [np.asarray(first(lightness)).astype("float32") for lightness in measured]
    expected = np.mean(maps, axis=(0, 1, 2, 3))
    np.testing.assert_allclose(copy.get_layer("low_level_1_norm").moving_mean, expected, atol=2e-3)

    val = pocket.split("val")
    chosen = datasets.evenly_spaced(23, 8)
    validation = batches.encoded(datasets.centre(val)[chosen], val.labels[chosen])
    loss = copy.evaluate(*validation, verbose=0, return_dict=True)["chroma_loss"]
    assert loss == pytest.approx(run.history[-1]["val_chroma_loss"], rel=1e-3)


def test_a_run_that_averages_resumes_exactly_after_it_was_ended(pocket, tiny_recipe, tmp_path, monkeypatch):
    recipe = replace(tiny_recipe, average=0.9, loss="huber")
    whole = train(pocket, recipe, tmp_path / "whole", network=two_layers)

    def ended_in_the_second_epoch(run, rows):
        if len(rows) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "write_history", ended_in_the_second_epoch)
        with pytest.raises(KeyboardInterrupt):
            train(pocket, recipe, tmp_path / "ended", network=two_layers)
    assert_same_numbers(train(pocket, recipe, tmp_path / "ended", network=two_layers), whole)
