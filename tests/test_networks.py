"""The networks: every layer against Tables I to V, the number of parameters by hand, and the fusion layer."""

import numpy as np
import pytest

from colorlab import networks
from colorlab.backend import keras, ops


@pytest.fixture(scope="module")
def colorizer():
    return networks.colorizer()


def test_the_tables_fit_together():
    """Each layer takes what the one before it gives."""
    for rows in networks.TABLES.values():
        for before, after in zip(rows, rows[1:], strict=False):
            assert np.prod(before.output) == np.prod(after.input)


ROWS = [(name, n, row) for name, rows in networks.TABLES.items() for n, row in enumerate(rows, start=1)]


@pytest.mark.parametrize(("network", "number", "row"), ROWS, ids=[f"{name}_{n}" for name, n, _ in ROWS])
def test_every_layer_is_as_its_table_says(colorizer, network, number, row):
    layer = colorizer.get_layer(f"{network}_{number}")
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


def test_parameters_by_hand(colorizer):
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
    assert sum(int(np.prod(v.shape)) for v in colorizer.trainable_variables) == by_hand + scale_and_offset
    assert colorizer.count_params() == by_hand + 2 * scale_and_offset


def test_every_layer_but_the_outputs_is_normalised_and_rectified(colorizer):
    names = {layer.name for layer in colorizer.layers}
    for network, number, row in ROWS:
        name = f"{network}_{number}"
        output = name in ("colorization_5", "classification_2") or row.kind == "upsample"
        assert (f"{name}_norm" in names) == (f"{name}_relu" in names) == (not output), name
    assert colorizer.get_layer("chroma").activation is keras.activations.sigmoid


def test_initialisation(colorizer):
    for layer in colorizer.layers:
        if layer.weights and not layer.name.endswith("_norm"):
            kernel, bias = (ops.convert_to_numpy(weight) for weight in layer.weights)
            fan_in = np.prod(kernel.shape[:-1])
            assert np.std(kernel) == pytest.approx(1 / np.sqrt(fan_in), rel=0.15), layer.name
            assert not bias.any()


@pytest.mark.parametrize(("depth", "scenes"), [(2, 7), (8, 100)])
def test_depth_is_the_only_width(depth, scenes):
    model = networks.colorizer(depth, scenes)
    lightness = np.random.default_rng(0).uniform(-1, 1, (3, 128, 128, 1)).astype("float32")
    outputs = model.predict_on_batch(lightness)
    assert outputs["chroma"].shape == (3, 64, 64, 2) and outputs["scene"].shape == (3, scenes)
    assert outputs["chroma"].min() >= 0 and outputs["chroma"].max() <= 1
    for network, number, row in ROWS:
        scaled = row.output[-1] * depth // 64
        expected = {"colorization_5": 2, "classification_2": scenes}.get(f"{network}_{number}", scaled)
        assert model.get_layer(f"{network}_{number}").output.shape[-1] == expected


def test_fusion_equals_the_tiled_concatenation():
    random = np.random.default_rng(0)
    y_global = random.normal(size=(3, 10)).astype("float32")
    y_mid = random.normal(size=(3, 8, 8, 14)).astype("float32")
    fusion = networks.Fusion(12)
    fused = ops.convert_to_numpy(fusion(y_global, y_mid))
    fusion.bias.assign(random.normal(size=12))

    tiled = np.concatenate([np.broadcast_to(y_global[:, None, None], (3, 8, 8, 10)), y_mid], axis=-1)
    dense = keras.layers.Dense(12)
    dense.build(tiled.shape)
    dense.set_weights(fusion.get_weights())
    assert np.abs(ops.convert_to_numpy(fusion(y_global, y_mid)) - ops.convert_to_numpy(dense(tiled))).max() < 1e-5
    assert np.abs(fused - ops.convert_to_numpy(dense(tiled))).max() > 0.1  # the bias does matter


def test_features_are_cut_out_where_the_tables_end():
    model = networks.colorizer(depth=8, scenes=5)
    shapes = {name: networks.features(model, name).output_shape[1:] for name in networks.OUTPUTS}
    assert shapes == {
        "low_level": (32, 32, 32),
        "mid_level": (32, 32, 16),
        "global_features": (16,),
        "fusion": (32, 32, 32),
        "colorization": (64, 64, 2),
        "classification": (5,),
    }


def test_a_photograph_alone_and_in_a_batch_gets_the_same_colours(tiny_run, pocket):
    """What the authors' program lacked: with batch statistics at test time, neighbours would change the colours."""
    from colorlab import datasets

    model = tiny_run.model()
    lightness, _ = datasets.encoded(datasets.centre(pocket)[:6], pocket.labels[:6])
    together = model.predict_on_batch(lightness)["chroma"]
    alone = np.concatenate([model.predict_on_batch(lightness[i : i + 1])["chroma"] for i in range(6)])
    np.testing.assert_allclose(alone, together, atol=1e-5)


@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-4), ("mixed_bfloat16", 2e-2)])
@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (6, 3)])
def test_batch_normalization_is_that_of_keras(shape, dtype, tolerance):
    """In training: the output, all gradients and the population statistics; elsewhere it is Keras's own code."""
    random = np.random.default_rng(0)
    x, scale = random.normal(3, 2, shape).astype("float32"), random.random(3).astype("float32") + 0.5
    values = [scale, *random.random((3, 3)).astype("float32")]
    mixing, wanted = random.normal(size=(3, 3)).astype("float32"), random.normal(size=shape).astype("float32")
    answers = []
    for kind in (networks.BatchNormalization, keras.layers.BatchNormalization):
        given, layer = keras.Input(shape[1:]), kind(momentum=0.9, dtype=dtype)
        before = keras.layers.Dense(3, use_bias=False)  # learns from the gradient that comes through the layer
        model = keras.Model(given, layer(before(given)))
        before.set_weights([mixing])
        layer.set_weights(values)
        model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
        output = ops.convert_to_numpy(ops.cast(layer(x, training=True), "float32"))
        layer.set_weights(values)
        model.train_on_batch(x, wanted)
        assert np.abs(before.get_weights()[0] - mixing).max() > 0.01
        answers.append([output, *before.get_weights(), *layer.get_weights(), model.predict_on_batch(x)])
    for ours, theirs in zip(*answers, strict=True):
        np.testing.assert_allclose(ours.astype("float32"), theirs.astype("float32"), rtol=tolerance, atol=tolerance)


def test_the_last_convolution_starts_even_where_a_normalization_follows_it():
    x = networks.keras.Input((8, 8, 1))
    chroma = networks.normalised(networks.layers.Conv2D(2, 3, name="colorization_5")(x), "colorization_5")
    model = networks.keras.Model(x, chroma)
    networks.start_at(model, (0.5, 0.75))
    np.testing.assert_allclose(model.get_layer("colorization_5").bias, [0, np.log(3)], atol=1e-6)


def test_an_untrained_network_can_start_at_any_colour():
    model = networks.colorizer(2, 3)
    model.get_layer("colorization_5").kernel.assign(np.zeros((3, 3, 1, 2)))
    networks.start_at(model, (0.51, 0.6))
    chroma = model.predict_on_batch(np.zeros((1, 128, 128, 1), "float32"))["chroma"]
    np.testing.assert_allclose(chroma, np.broadcast_to([0.51, 0.6], chroma.shape), atol=1e-6)


def test_batch_normalization_is_made_again_from_its_configuration():
    layer = networks.BatchNormalization(momentum=0.9, name="norm")
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
