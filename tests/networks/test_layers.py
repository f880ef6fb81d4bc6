"""The building blocks: the fusion layer against its formula, batch normalization against Keras's."""

import numpy as np
import pytest

from colorlab.base.backend import keras, ops
from colorlab.networks import layers


def test_fusion_equals_the_tiled_concatenation():
    random = np.random.default_rng(0)
    y_global = random.normal(size=(3, 10)).astype("float32")
    y_mid = random.normal(size=(3, 8, 8, 14)).astype("float32")
    fusion = layers.Fusion(12)
    fused = ops.convert_to_numpy(fusion(y_global, y_mid))
    fusion.bias.assign(random.normal(size=12))

    tiled = np.concatenate([np.broadcast_to(y_global[:, None, None], (3, 8, 8, 10)), y_mid], axis=-1)
    dense = keras.layers.Dense(12)
    dense.build(tiled.shape)
    dense.set_weights(fusion.get_weights())
    assert np.abs(ops.convert_to_numpy(fusion(y_global, y_mid)) - ops.convert_to_numpy(dense(tiled))).max() < 1e-5
    assert np.abs(fused - ops.convert_to_numpy(dense(tiled))).max() > 0.1  # the bias does matter


@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-4), ("mixed_bfloat16", 2e-2)])
@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (6, 3)])
def test_batch_normalization_is_that_of_keras(shape, dtype, tolerance):
    """In training: the output, all gradients and the population statistics; elsewhere it is Keras's own code."""
    random = np.random.default_rng(0)
    x, scale = random.normal(3, 2, shape).astype("float32"), random.random(3).astype("float32") + 0.5
    values = [scale, *random.random((3, 3)).astype("float32")]
    mixing, wanted = random.normal(size=(3, 3)).astype("float32"), random.normal(size=shape).astype("float32")
    answers = []
    for kind in (layers.BatchNormalization, keras.layers.BatchNormalization):
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


def test_batch_normalization_is_made_again_from_its_configuration():
    layer = layers.BatchNormalization(momentum=0.9, name="norm")
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
