"""The original network: every layer against the paper's tables, its parameters by hand, and 128 pixels outside."""

import numpy as np
import pytest
from making import as_trained

from colorlab.base.backend import keras, ops
from colorlab.networks import colorizer, iizuka, weights
from colorlab.networks.tables import Row

TABLES = {
    "low_level": (
        Row("conv", 2, (224, 224, 1), (112, 112, 64)),
        Row("conv", 1, (112, 112, 64), (112, 112, 128)),
        Row("conv", 2, (112, 112, 128), (56, 56, 128)),
        Row("conv", 1, (56, 56, 128), (56, 56, 256)),
        Row("conv", 2, (56, 56, 256), (28, 28, 256)),
        Row("conv", 1, (28, 28, 256), (28, 28, 512)),
    ),
    "mid_level": (
        Row("conv", 1, (28, 28, 512), (28, 28, 512)),
        Row("conv", 1, (28, 28, 512), (28, 28, 256)),
    ),
    "global_features": (
        Row("conv", 2, (28, 28, 512), (14, 14, 512)),
        Row("conv", 1, (14, 14, 512), (14, 14, 512)),
        Row("conv", 2, (14, 14, 512), (7, 7, 512)),
        Row("conv", 1, (7, 7, 512), (7, 7, 512)),
        Row("dense", 1, (7 * 7 * 512,), (1024,)),
        Row("dense", 1, (1024,), (512,)),
        Row("dense", 1, (512,), (256,)),
    ),
    "fusion": (Row("fusion", 1, (28, 28, 512), (28, 28, 256)),),
    "colorization": (
        Row("conv", 1, (28, 28, 256), (28, 28, 128)),
        Row("upsample", 1, (28, 28, 128), (56, 56, 128)),
        Row("conv", 1, (56, 56, 128), (56, 56, 64)),
        Row("conv", 1, (56, 56, 64), (56, 56, 64)),
        Row("upsample", 1, (56, 56, 64), (112, 112, 64)),
        Row("conv", 1, (112, 112, 64), (112, 112, 32)),
        Row("conv", 1, (112, 112, 32), (112, 112, 2)),
    ),
    "classification": (
        Row("dense", 1, (512,), (256,)),
        Row("dense", 1, (256,), (100,)),
    ),
}
ROWS = [(f"{network}_{n}", row) for network, rows in TABLES.items() for n, row in enumerate(rows, start=1)]
ENDS = {"colorization_7": 2, "classification_2": 100}  # the only widths that do not go by the depth
DEPTH = 2


def scaled(shape, end=None):
    """A shape of the tables at our depth instead of 64."""
    return (*shape[:-1], end or max(1, shape[-1] * DEPTH // 64))


@pytest.fixture(scope="module")
def model():
    return as_trained(iizuka.iizuka(DEPTH))


@pytest.fixture(scope="module")
def lightness():
    return np.random.default_rng(0).uniform(-1, 1, (2, 128, 128, 1)).astype("float32")


def test_the_tables_fit_together():
    for rows in TABLES.values():
        for before, after in zip(rows, rows[1:], strict=False):
            assert np.prod(before.output) == np.prod(after.input)


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[name for name, _ in ROWS])
def test_every_layer_is_as_its_table_says(model, name, row):
    layer = model.get_layer(name)
    if row.kind == "fusion":
        assert [tuple(each.shape[1:]) for each in layer.input] == [(4 * DEPTH,), (28, 28, 4 * DEPTH)]
    else:
        assert layer.input.shape[1:] == (row.input if name == "low_level_1" else scaled(row.input))
    assert layer.output.shape[1:] == scaled(row.output, ENDS.get(name))
    if row.kind == "conv":
        assert layer.strides == (row.stride, row.stride) and layer.kernel_size == (3, 3) and layer.padding == "same"


def learned(depth):
    """How many numbers it learns, by hand from the tables: kernels, biases, and a scale and offset a channel."""
    total = 0
    for name, row in ROWS:
        before = 1 if name == "low_level_1" else row.input[-1] * depth // 64
        after = ENDS.get(name, row.output[-1] * depth // 64)
        places = {"conv": 9, "dense": 1, "fusion": 1, "upsample": 0}[row.kind]
        total += places * before * after + (0 if row.kind == "upsample" else after)
        total += 0 if row.kind == "upsample" or name in ENDS else 2 * after
    return total


def test_it_learns_42_million_numbers(model):
    assert learned(64) == 42_340_358
    assert sum(int(np.prod(variable.shape)) for variable in model.trainable_variables) == learned(DEPTH)


def test_every_layer_but_the_outputs_is_normalised_and_rectified(model):
    names = {layer.name for layer in model.layers}
    for name, row in ROWS:
        assert (f"{name}_norm" in names) == (f"{name}_relu" in names) == (name not in ENDS and row.kind != "upsample")
    assert model.get_layer("chroma").activation is keras.activations.sigmoid


def test_outside_it_is_a_colorizer(model, lightness):
    answer = model.predict_on_batch(lightness)
    assert answer["chroma"].shape == (2, 64, 64, 2) and answer["scene"].shape == (2, 100)
    assert 0 <= answer["chroma"].min() < answer["chroma"].max() <= 1
    assert answer["chroma"].dtype == np.float32
    assert (model.side, colorizer.colorizer(DEPTH, 3).side) == (224, 128)


def test_its_chroma_is_reduced_without_leaving_out_any_of_it(model):
    """Stripes of one pixel become their mean, not other stripes."""
    stripes = np.tile(np.array([0, 1], "float32")[:, None], (1, 112 // 2, 112, 2))
    reduced = np.asarray(model.get_layer("reduced")(stripes))[:, 2:-2]
    assert reduced.shape == (1, 60, 64, 2) and np.abs(reduced - 0.5).max() < 0.15


def test_with_two_inputs_it_gives_what_is_in_between(model, lightness):
    enlarged = np.asarray(model.get_layer("enlarged")(lightness))
    assert enlarged.shape == (2, 224, 224, 1)
    inner = keras.Model(model.input, model.get_layer("chroma").output)(lightness)
    given = np.asarray(colorizer.with_two_inputs(model)([enlarged, lightness]))
    assert given.shape == (2, 112, 112, 2) and given.std() > 0.01
    np.testing.assert_allclose(given, ops.convert_to_numpy(inner), atol=1e-5)


def test_with_two_inputs_it_takes_any_size_and_another_photograph(model, lightness):
    answer = colorizer.with_two_inputs(model)
    local = np.random.default_rng(1).uniform(-1, 1, (2, 96, 160, 1)).astype("float32")
    own, lent = (np.asarray(answer([local, whole])) for whole in (lightness, lightness[::-1]))
    assert own.shape == (2, 48, 80, 2)
    assert np.abs(own - lent).max() > 1e-4


def test_untrained_it_can_start_at_any_color(lightness):
    model = iizuka.iizuka(DEPTH, 3)
    kernel = model.get_layer("colorization_7").kernel
    kernel.assign(np.zeros(kernel.shape))
    colorizer.set_output_bias(model, (0.51, 0.6))
    chroma = np.asarray(model(lightness)["chroma"])
    np.testing.assert_allclose(chroma, np.broadcast_to([0.51, 0.6], chroma.shape), atol=1e-6)


def test_its_weights_are_read_as_its_own(lightness, tmp_path):
    model = iizuka.iizuka(DEPTH, 3)
    weights.save(model, tmp_path / "w.weights.h5", "abc")
    again, scenes = weights.load(tmp_path / "w.weights.h5")
    assert again.name == "iizuka" and scenes == ("a", "b", "c")
    for name, value in model(lightness).items():
        np.testing.assert_array_equal(again(lightness)[name], value)
