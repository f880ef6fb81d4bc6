"""The networks without a part: each lacks this part, and nothing else."""

import numpy as np
import pytest

from colorlab.base.backend import keras
from colorlab.networks import ablations, colorizer
from colorlab.reporting import records


@pytest.fixture(scope="module")
def lightness():
    return np.random.default_rng(0).uniform(-1, 1, (4, 128, 128, 1)).astype("float32")


def handed_over(network, layer, lightness):
    """What a layer hands to the next one, in training mode, and the network's chroma."""
    model = network(2, 3)
    watched = keras.Model(model.input, [model.get_layer(layer).output, model.output["chroma"]])
    return [np.asarray(values) for values in watched(lightness, training=True)]


@pytest.mark.parametrize("part", ablations.WITHOUT)
def test_a_network_without_a_part_has_the_layers_and_weights_of_the_whole_one(part):
    def shapes(network):
        model = network(2, 3)
        return {weight.path: weight.shape for weight in model.weights}, {n: o.shape for n, o in model.output.items()}

    assert shapes(ablations.WITHOUT[part]) == shapes(colorizer.colorizer)


def test_without_normalization_it_does_nothing_in_training_and_learns_nothing(lightness):
    normed, _ = handed_over(colorizer.colorizer, "low_level_1_norm", lightness)
    assert abs(normed.mean()) < 1e-3 and abs(normed.std() - 1) < 0.05
    model = ablations.without_normalization(2, 3)
    layers = [model.get_layer(f"low_level_1{end}").output for end in ("", "_norm")]
    before, after = keras.Model(model.input, layers)(lightness, training=True)
    np.testing.assert_allclose(after, before, atol=2e-3)  # but for the epsilon of the variance
    assert not any(weight.path.split("/")[0].endswith("_norm") for weight in model.trainable_weights)
    assert len(model.trainable_weights) == len(colorizer.colorizer(2, 3).trainable_weights) - 2 * sum(
        isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers
    )


def test_without_first_weights_their_size_does_not_go_by_the_fan_in():
    whole, without = (network(16, 100) for network in (colorizer.colorizer, ablations.without_first_weights))
    large = "global_features_5"  # its fan-in is the largest
    assert np.std(whole.get_layer(large).kernel) < 0.03
    for layer in without.layers:
        if hasattr(layer, "kernel"):
            assert np.std(layer.kernel) == pytest.approx(ablations.EARLY_SPREAD, rel=0.25), layer.name
            assert not np.any(layer.bias), layer.name


def test_without_global_features_colors_do_not_depend_on_them_and_the_scene_does(lightness):
    assert not handed_over(ablations.without_global_features, "nothing", lightness)[0].any()
    for network in (colorizer.colorizer, ablations.without_global_features):
        model = network(2, 3)
        before = model(lightness)
        for name in ("global_features_4", "global_features_7"):
            layer = model.get_layer(name)
            layer.set_weights([10 * weight + 1 for weight in layer.get_weights()])
        after = model(lightness)
        changed = {name: not np.allclose(before[name], after[name], atol=1e-6) for name in after}
        assert changed == {"chroma": network is colorizer.colorizer, "scene": True}


def test_without_the_scene_loss_alpha_is_zero():
    assert {part: ablations.alpha_without(part, 5.0) for part in ablations.WITHOUT} == {
        "nothing": 5.0,
        "normalization": 5.0,
        "first weights": 5.0,
        "global features": 5.0,
        "scene loss": 0.0,
    }


def test_the_records_are_of_these_parts():
    assert records.REMOVED == tuple(ablations.WITHOUT)
