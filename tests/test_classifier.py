"""The classifier: logits of bins from the networks that are there, the loss by hand, and a colorizer made of it."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from colorlab import BadInput, bins, classifier, color, datasets, networks, weights
from colorlab.backend import ops
from colorlab.runs import find_weights

RARITY = np.random.default_rng(3).uniform(0.2, 6, 261)


@pytest.fixture(scope="module")
def model():
    """Its normalizations as of a trained one, which do something."""
    model, random = classifier.classifier(2, 3), np.random.default_rng(1)
    for layer in model.layers:
        if layer.name.endswith("_norm"):
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    return model


@pytest.fixture(scope="module")
def lightness():
    return np.random.default_rng(0).uniform(-1, 1, (2, 128, 128, 1)).astype("float32")


def some_logits(*shape, spread=3.0):
    return np.random.default_rng(2).normal(0, spread, (*shape, 261)).astype("float32")


def test_it_gives_a_logit_for_each_bin_at_a_quarter_of_the_resolution(model, lightness):
    answer = model.predict_on_batch(lightness)
    assert answer["chroma"].shape == (2, 32, 32, 261) and answer["scene"].shape == (2, 3)
    assert answer["chroma"].min() < 0 < answer["chroma"].max()


def test_up_to_the_fusion_it_is_the_colorizer(model):
    colorizer = networks.colorizer(2, 3)
    for layer in model.layers:
        if layer.weights and not layer.name.startswith("colorization"):
            shapes = [weight.shape for weight in colorizer.get_layer(layer.name).weights]
            assert [weight.shape for weight in layer.weights] == shapes, layer.name


def test_what_it_has_after_the_fusion_makes_the_logits_of_the_fusion(model, lightness):
    fused = networks.features(model, "fusion")(lightness)
    logits = np.asarray(classifier.head_of(model)(fused))
    np.testing.assert_allclose(logits, model(lightness)["chroma"], atol=1e-5)


@pytest.mark.parametrize("temperature", [0.05, bins.TEMPERATURE, 1.0])
def test_it_answers_with_the_annealed_mean_enlarged_bilinearly(model, lightness, temperature):
    answer = classifier.answering(model, temperature)(lightness)
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
def test_what_rare_colours_counted_too_much_is_taken_back(model, lightness, monkeypatch, taken_back):
    logits = np.asarray(model(lightness)["chroma"])
    common = softmax(logits.astype("float64"), axis=-1) / RARITY**taken_back
    expected = common @ bins.centres() / common.sum(axis=-1, keepdims=True)
    monkeypatch.setattr(model, "rarity", RARITY, raising=False)
    ab = np.asarray(classifier.answering(model, 1, taken_back)(lightness)["chroma"]) * 255 - 128
    np.testing.assert_allclose(ab.mean(axis=(1, 2)), expected.mean(axis=(1, 2)), atol=0.01)  # enlarging keeps the mean


@pytest.mark.parametrize("temperature", [0, -0.38, float("nan")])
def test_a_temperature_that_cannot_be_is_refused(model, temperature):
    with pytest.raises(BadInput, match="a temperature of .* cannot be: give a number above 0"):
        classifier.answering(model, temperature)


def test_with_two_inputs_it_takes_any_size(model, lightness):
    colorizer = classifier.answering(model)
    answer = networks.with_two_inputs(colorizer)
    np.testing.assert_allclose(answer([lightness, lightness]), colorizer(lightness)["chroma"], atol=1e-5)
    assert answer([np.zeros((2, 96, 160, 1), "float32"), lightness]).shape == (2, 48, 80, 2)


def photographs_and_logits(pocket, count=3):
    _, chroma = color.encode(datasets.centre(pocket)[:count])
    return chroma, some_logits(count, 32, 32)


def soft(chroma):
    """The truth as probabilities of all bins, (N, 32, 32, 261)."""
    numbers, given = bins.soft_encoded(bins.quartered(chroma))
    truth = np.zeros((*numbers.shape[:-1], 261))
    np.put_along_axis(truth, numbers, given, axis=-1)
    return truth


def test_the_loss_by_hand(pocket):
    chroma, logits = photographs_and_logits(pocket)
    truth = soft(chroma)
    costs = -(truth * log_softmax(logits, axis=-1)).sum(axis=-1) * RARITY[truth.argmax(axis=-1)]
    expected = costs.sum(axis=(1, 2)).mean()
    assert float(classifier.Rebalanced(RARITY)(chroma, logits)) == pytest.approx(expected, rel=1e-4)


def test_the_loss_of_knowing_nothing_is_the_logarithm_of_the_bins_at_every_place(pocket):
    chroma, logits = photographs_and_logits(pocket)
    loss = classifier.Rebalanced(np.ones(261))(chroma, np.zeros_like(logits) + 7)
    assert float(loss) == pytest.approx(32 * 32 * np.log(261), rel=1e-5)


def test_the_loss_does_not_change_with_the_batch_size(pocket):
    chroma, logits = photographs_and_logits(pocket)
    loss = classifier.Rebalanced(RARITY)
    twice = loss(np.tile(chroma, (2, 1, 1, 1)), np.tile(logits, (2, 1, 1, 1)))
    assert float(twice) == pytest.approx(float(loss(chroma, logits)), rel=1e-5)


def test_nothing_costs_less_than_the_truth(pocket):
    chroma, logits = photographs_and_logits(pocket)
    loss, truth = classifier.Rebalanced(RARITY), np.log(soft(chroma) + 1e-12).astype("float32")
    least = float(loss(chroma, truth))
    for other in (truth + 0.1 * logits, 0.8 * truth, 1.25 * truth, np.roll(truth, 1, axis=1)):
        assert float(loss(chroma, other)) > 1.001 * least


def test_what_is_rare_counts_for_more(pocket):
    """Twice as rare, a place costs twice as much, and other places cost what they did."""
    chroma, logits = photographs_and_logits(pocket, 1)
    nearest = soft(chroma).argmax(axis=-1)
    common = np.bincount(nearest.ravel()).argmax()
    usual, of_it = (
        float(classifier.Rebalanced(rarity)(chroma, logits))
        for rarity in (np.ones(261), 1.0 * (np.arange(261) == common))
    )
    doubled = float(classifier.Rebalanced(1 + 1.0 * (np.arange(261) == common))(chroma, logits))
    assert 0 < of_it < usual and doubled == pytest.approx(usual + of_it, rel=1e-5)


@pytest.fixture(scope="module")
def on_shipped():
    return classifier.on_shipped_trunk()


def test_on_the_shipped_networks_only_its_own_layers_learn(on_shipped):
    names = [f"colorization_{part}" for part in ("1", "1_norm", "2", "2_norm", "3")]
    assert [layer.name for layer in on_shipped.layers if layer.trainable_variables] == names


def test_the_shipped_networks_give_it_the_same_features_even_in_training(on_shipped, pocket):
    lightness, _ = color.encode(datasets.centre(pocket)[:2])
    shipped, _ = weights.load(find_weights())
    expected = np.asarray(networks.features(shipped, "fusion")(lightness))
    features = networks.features(on_shipped, "fusion")
    for training in (False, True, False):
        np.testing.assert_allclose(features(lightness, training=training), expected, atol=1e-4)
    scenes = [np.asarray(each(lightness)["scene"]) for each in (on_shipped, shipped)]
    np.testing.assert_allclose(*scenes, atol=1e-3)


@pytest.mark.parametrize(("depth", "scenes"), [(8, 10), (4, 3)])
def test_a_width_or_scenes_that_the_shipped_networks_lack_are_refused(tmp_path, monkeypatch, depth, scenes):
    weights.save(networks.colorizer(4, 10), tmp_path / "shipped.weights.h5", "abcdefghij")
    monkeypatch.setattr("colorlab.runs.find_weights", lambda *given: tmp_path / "shipped.weights.h5")
    with pytest.raises(BadInput, match=f"depth 4 and 10 scenes.* have {depth} and {scenes}$"):
        classifier.on_shipped_trunk(depth, scenes)


def test_a_trunk_is_taken_without_the_colorization(lightness):
    model, other = classifier.classifier(2, 3), networks.colorizer(2, 3)
    own = model.get_layer("colorization_1").get_weights()
    classifier.take_trunk(model, other)
    features = [np.asarray(networks.features(each, "fusion")(lightness)) for each in (model, other)]
    np.testing.assert_array_equal(*features)
    for kept, before in zip(model.get_layer("colorization_1").get_weights(), own, strict=True):
        np.testing.assert_array_equal(kept, before)
