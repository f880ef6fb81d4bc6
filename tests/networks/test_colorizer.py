"""The write-up's networks: every layer against Tables I to V, the number of parameters by hand, and their parts."""

import numpy as np
import pytest
from making import as_trained

from colorlab.base.backend import keras, ops
from colorlab.data import batches, datasets
from colorlab.networks import colorizer, layers, tables


@pytest.fixture(scope="module")
def model():
    return colorizer.colorizer()


def test_the_tables_fit_together():
    """Each layer takes what the one before it gives."""
    for rows in tables.TABLES.values():
        for before, after in zip(rows, rows[1:], strict=False):
            assert np.prod(before.output) == np.prod(after.input)


ROWS = [(name, n, row) for name, rows in tables.TABLES.items() for n, row in enumerate(rows, start=1)]


@pytest.mark.parametrize(("network", "number", "row"), ROWS, ids=[f"{name}_{n}" for name, n, _ in ROWS])
def test_every_layer_is_as_its_table_says(model, network, number, row):
    layer = model.get_layer(f"{network}_{number}")
    if row.kind == "fusion":
        y_global, y_mid = layer.input
        assert y_global.shape[1:] == (128,) and y_mid.shape[1:] == (32, 32, 128)
        weights = 256 * 256 + 256
    else:
        assert tuple(layer.input.shape[1:]) == row.input
        weights = {
            "conv": 3 * 3 * row.input[-1] * row.output[-1] + row.output[-1],
            "dense": row.input[-1] * row.output[-1] + row.output[-1],
            "upsample": 0,
        }[row.kind]
    assert tuple(layer.output.shape[1:]) == row.output
    assert layer.count_params() == weights
    if row.kind == "conv":
        assert layer.strides == (row.stride, row.stride) and layer.kernel_size == (3, 3) and layer.padding == "same"


def test_parameters_by_hand(model):
    """12.9 million in all; nearly two thirds of them in the one dense layer 16384 -> 512."""

    def conv(channels_in, channels_out):
        return 3 * 3 * channels_in * channels_out + channels_out

    def dense(channels_in, channels_out):
        return channels_in * channels_out + channels_out

    low = conv(1, 64) + conv(64, 128) + conv(128, 128) + conv(128, 256)
    mid = conv(256, 256) + conv(256, 128)
    global_ = 4 * conv(256, 256) + dense(16384, 512) + dense(512, 256) + dense(256, 128)
    fusion = dense(128 + 128, 256)
    colorization = conv(256, 128) + conv(128, 64) + conv(64, 32) + conv(32, 2)
    classification = dense(256, 256) + dense(256, 100)
    by_hand = low + mid + global_ + fusion + colorization + classification
    assert by_hand == 12_861_190

    normalised = [64, 128, 128, 256, 256, 128, 256, 256, 256, 256, 512, 256, 128, 256, 128, 64, 32, 256]
    scale_and_offset = 2 * sum(normalised)  # learned; as many population statistics are not
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == by_hand + scale_and_offset
    assert model.count_params() == by_hand + 2 * scale_and_offset


def test_every_layer_but_the_outputs_is_normalised_and_rectified(model):
    names = {layer.name for layer in model.layers}
    for network, number, row in ROWS:
        name = f"{network}_{number}"
        output = name in ("colorization_5", "classification_2") or row.kind == "upsample"
        assert (f"{name}_norm" in names) == (f"{name}_relu" in names) == (not output), name
    assert model.get_layer("chroma").activation is keras.activations.sigmoid


def test_initialisation(model):
    for layer in model.layers:
        if layer.weights and not layer.name.endswith("_norm"):
            kernel, bias = (ops.convert_to_numpy(weight) for weight in layer.weights)
            fan_in = np.prod(kernel.shape[:-1])
            assert np.std(kernel) == pytest.approx(1 / np.sqrt(fan_in), rel=0.15), layer.name
            assert not bias.any()


@pytest.mark.parametrize(("depth", "scenes"), [(2, 7), (8, 100)])
def test_depth_is_the_only_width(depth, scenes):
    model = colorizer.colorizer(depth, scenes)
    lightness = np.random.default_rng(0).uniform(-1, 1, (3, 128, 128, 1)).astype("float32")
    outputs = model.predict_on_batch(lightness)
    assert outputs["chroma"].shape == (3, 64, 64, 2) and outputs["scene"].shape == (3, scenes)
    assert outputs["chroma"].min() >= 0 and outputs["chroma"].max() <= 1
    for network, number, row in ROWS:
        scaled = row.output[-1] * depth // 64
        expected = {"colorization_5": 2, "classification_2": scenes}.get(f"{network}_{number}", scaled)
        assert model.get_layer(f"{network}_{number}").output.shape[-1] == expected


def test_features_are_cut_out_where_the_tables_end():
    model = colorizer.colorizer(depth=8, scenes=5)
    shapes = {name: colorizer.features(model, name).output_shape[1:] for name in colorizer.OUTPUTS}
    assert shapes == {
        "low_level": (32, 32, 32),
        "mid_level": (32, 32, 16),
        "global_features": (16,),
        "fusion": (32, 32, 32),
        "colorization": (64, 64, 2),
        "classification": (5,),
    }


def test_on_a_pair_of_the_same_photographs_the_chroma_is_the_usual_one():
    keras.utils.set_random_seed(5)  # with some first weights the global features hardly count
    model = as_trained(colorizer.colorizer(4, 3))
    lightness = np.random.default_rng(0).uniform(-1, [[[[0]]], [[[1]]]], (2, 128, 128, 1)).astype("float32")
    usual = model.predict_on_batch(lightness)["chroma"]
    own, lent = (model.predict_on_pair(lightness, whole) for whole in (lightness, lightness[::-1]))
    np.testing.assert_allclose(own, usual, atol=1e-5)
    assert np.abs(lent - usual).max() > 1e-4


def test_a_photograph_alone_and_in_a_batch_gets_the_same_colors(tiny_run, pocket):
    """What the authors' program lacked: with batch statistics at test time, neighbours would change the colours."""
    model = tiny_run.model()
    lightness, _ = batches.encoded(datasets.centre(pocket)[:6], pocket.labels[:6])
    together = model.predict_on_batch(lightness)["chroma"]
    alone = np.concatenate([model.predict_on_batch(lightness[i : i + 1])["chroma"] for i in range(6)])
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_the_last_convolution_starts_even_where_a_normalization_follows_it():
    x = keras.Input((8, 8, 1))
    chroma = layers.normalised(keras.layers.Conv2D(2, 3, name="colorization_5")(x), "colorization_5")
    model = keras.Model(x, chroma)
    colorizer.set_output_bias(model, (0.5, 0.75))
    np.testing.assert_allclose(model.get_layer("colorization_5").bias, [0, np.log(3)], atol=1e-6)


def test_an_untrained_network_can_start_at_any_color():
    model = colorizer.colorizer(2, 3)
    model.get_layer("colorization_5").kernel.assign(np.zeros((3, 3, 1, 2)))
    colorizer.set_output_bias(model, (0.51, 0.6))
    chroma = model.predict_on_batch(np.zeros((1, 128, 128, 1), "float32"))["chroma"]
    np.testing.assert_allclose(chroma, np.broadcast_to([0.51, 0.6], chroma.shape), atol=1e-6)
