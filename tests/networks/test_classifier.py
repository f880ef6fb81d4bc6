"""The classifier: logits of bins from the networks that are there, and a colorizer made of it."""

import numpy as np
import pytest
from making import as_trained
from scipy.special import softmax

from colorlab.base.backend import ops
from colorlab.base.errors import BadInput
from colorlab.networks import bins, classifier, colorizer

RARITY = np.random.default_rng(3).uniform(0.2, 6, 261)


@pytest.fixture(scope="module")
def model():
    return as_trained(classifier.classifier(2, 3))


@pytest.fixture(scope="module")
def lightness():
    return np.random.default_rng(0).uniform(-1, 1, (2, 128, 128, 1)).astype("float32")


def some_logits(*shape):
    return np.random.default_rng(2).normal(0, 3.0, (*shape, 261)).astype("float32")


def test_it_gives_a_logit_for_each_bin_at_a_quarter_of_the_resolution(model, lightness):
    answer = model.predict_on_batch(lightness)
    assert answer["chroma"].shape == (2, 32, 32, 261) and answer["scene"].shape == (2, 3)
    assert answer["chroma"].min() < 0 < answer["chroma"].max()


def test_up_to_the_fusion_it_is_the_colorizer(model):
    other = colorizer.colorizer(2, 3)
    for layer in model.layers:
        if layer.weights and not layer.name.startswith("colorization"):
            shapes = [weight.shape for weight in other.get_layer(layer.name).weights]
            assert [weight.shape for weight in layer.weights] == shapes, layer.name


def test_what_it_has_after_the_fusion_makes_the_logits_of_the_fusion(model, lightness):
    fused = colorizer.features(model, "fusion")(lightness)
    logits = np.asarray(classifier.head_of(model)(fused))
    np.testing.assert_allclose(logits, model(lightness)["chroma"], atol=1e-5)


@pytest.mark.parametrize("temperature", [0.05, bins.TEMPERATURE, 1.0])
def test_it_answers_with_the_annealed_mean_enlarged_bilinearly(model, lightness, temperature):
    answer = classifier.as_colorizer(model, temperature)(lightness)
    logits = np.asarray(model(lightness)["chroma"])
    expected = ops.image.resize(bins.annealed_mean(logits, temperature), (64, 64), interpolation="bilinear")
    assert np.std(expected) > 1e-3
    np.testing.assert_allclose(answer["chroma"], expected, atol=1e-5)
    np.testing.assert_allclose(answer["scene"], model(lightness)["scene"], atol=1e-5)


def test_images_of_any_shape_are_enlarged():
    logits = some_logits(2, 5, 9)
    enlarged = np.asarray(classifier.AnnealedMean(0.5, np.ones(261))(logits))
    expected = ops.image.resize(bins.annealed_mean(logits, 0.5), (10, 18), interpolation="bilinear")
    np.testing.assert_allclose(enlarged, expected, atol=1e-5)


@pytest.mark.parametrize("taken_back", [0, 0.5, 1])
def test_what_rare_colors_counted_too_much_is_taken_back(model, lightness, monkeypatch, taken_back):
    logits = np.asarray(model(lightness)["chroma"])
    common = softmax(logits.astype("float64"), axis=-1) / RARITY**taken_back
    expected = common @ bins.centres() / common.sum(axis=-1, keepdims=True)
    monkeypatch.setattr(model, "rarity", RARITY, raising=False)
    ab = np.asarray(classifier.as_colorizer(model, 1, taken_back)(lightness)["chroma"]) * 255 - 128
    np.testing.assert_allclose(ab.mean(axis=(1, 2)), expected.mean(axis=(1, 2)), atol=0.01)  # enlarging keeps the mean


@pytest.mark.parametrize("temperature", [0, -0.38, float("nan")])
def test_a_temperature_that_cannot_be_is_refused(model, temperature):
    with pytest.raises(BadInput, match="a temperature of .* is not possible: give a number above 0"):
        classifier.as_colorizer(model, temperature)


def test_with_two_inputs_it_takes_any_size(model, lightness):
    network = classifier.as_colorizer(model)
    own = network.predict_on_pair(lightness, lightness)
    np.testing.assert_allclose(own, network.predict_on_batch(lightness)["chroma"], atol=1e-5)
    assert network.side == 128
    assert network.predict_on_pair(np.zeros((2, 96, 160, 1), "float32"), lightness).shape == (2, 48, 80, 2)


def test_a_trunk_is_taken_without_the_colorization(lightness):
    model, other = classifier.classifier(2, 3), colorizer.colorizer(2, 3)
    own = model.get_layer("colorization_1").get_weights()
    classifier.take_trunk(model, other)
    features = [np.asarray(colorizer.features(each, "fusion")(lightness)) for each in (model, other)]
    np.testing.assert_array_equal(*features)
    for kept, before in zip(model.get_layer("colorization_1").get_weights(), own, strict=True):
        np.testing.assert_array_equal(kept, before)
