"""The authors' network beside the write-up's, and what their program's new normalizations do to it."""

import numpy as np
import pytest
from making import as_trained

from colorlab.base.backend import keras
from colorlab.networks import authors, colorizer


def build():
    return authors.authors_network(2, 3)


@pytest.fixture
def model():
    return as_trained(build())


@pytest.fixture(scope="module")
def lightness():
    return np.random.default_rng(0).uniform(-1, 1, (4, 128, 128, 1)).astype("float32")


def test_it_differs_from_the_colorizer_in_the_fusion_and_before_the_sigmoid():
    def weights_of(model):
        return {layer.name: [weight.shape for weight in layer.weights] for layer in model.layers if layer.weights}

    theirs, ours = weights_of(build()), weights_of(colorizer.colorizer(2, 3))
    assert set(ours) - set(theirs) == {"fusion_1", "fusion_1_norm"}
    assert set(theirs) - set(ours) == {"colorization_5_norm"}
    assert [name for name in set(theirs) & set(ours) if theirs[name] != ours[name]] == ["colorization_5"]  # no bias


def test_side_by_side_repeats_the_global_features_at_every_place():
    random = np.random.default_rng(0)
    y_global, y_mid = random.random((2, 3)).astype("float32"), random.random((2, 4, 5, 6)).astype("float32")
    fused = np.asarray(authors.SideBySide()(y_global, y_mid))
    assert fused.shape == (2, 4, 5, 9)
    np.testing.assert_array_equal(fused[..., 3:], y_mid)
    np.testing.assert_array_equal(fused[..., :3], np.broadcast_to(y_global[:, None, None], (2, 4, 5, 3)))


def test_built_again_it_has_the_same_weights_and_new_normalizations(model):
    again = authors.built_again(model, build)
    for layer in model.layers:
        theirs, new = layer.get_weights(), again.get_layer(layer.name).get_weights()
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = new
            assert (gamma == 1).all() and (beta == 0).all() and (mean == 0).all() and (variance == 1).all()
        else:
            for one, other in zip(theirs, new, strict=True):
                np.testing.assert_array_equal(one, other)


def test_three_ways_are_three_answers_and_leave_the_model_as_it_was(model, lightness):
    before = model.get_weights()
    answers = authors.three_ways(model, build, lightness)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(answers["population statistics"]["chroma"], model(lightness)["chroma"], atol=1e-5)
    again = authors.built_again(model, build)
    np.testing.assert_allclose(answers["new variables"]["chroma"], again(lightness)["chroma"], atol=1e-5)
    in_training = np.asarray(model(lightness, training=True)["chroma"])
    np.testing.assert_allclose(answers["batch statistics"]["chroma"], in_training, atol=1e-5)
    assert len({float(layers["chroma"].sum()) for layers in answers.values()}) == 3


def test_every_layer_of_the_way_to_color_is_watched(model, lightness):
    theirs = authors.three_ways(model, build, lightness)["new variables"]
    assert list(theirs) == [name for name in authors.WAY if name != "fusion_1"] + ["logits", "chroma"]
    np.testing.assert_allclose(theirs["chroma"], 1 / (1 + np.exp(-theirs["logits"])), atol=1e-5)
    ours = colorizer.colorizer(2, 3)
    assert "fusion_1" in authors.three_ways(ours, lambda: colorizer.colorizer(2, 3), lightness)["new variables"]
