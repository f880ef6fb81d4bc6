"""From a recipe to a compiled model: its network, its loss, its optimizer, its precision."""

import numpy as np
import pytest

from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.networks import classifier, colorizer, iizuka
from colorlab.networks.losses import Rebalanced
from colorlab.training.compile import built, chroma_loss, compiled, learning_rate, network_for
from colorlab.training.recipe import RECIPES, Recipe
from colorlab.training.transfer import on_shipped_trunk


def test_each_recipe_has_its_network():
    networks = {name: network_for(name) for name in [*RECIPES, "one of my own"]}
    assert networks == {"places": colorizer.colorizer, "vivid": on_shipped_trunk, "iizuka": iizuka.iizuka,
                        "one of my own": colorizer.colorizer}  # fmt: skip


@pytest.mark.parametrize("optimizer", ["adadelta", "adam", "adamw"])
def test_optimizers(optimizer):
    model = compiled(Recipe(depth=2, optimizer=optimizer, learning_rate=0.5), scenes=3, steps=10)
    assert type(model.optimizer).__name__.lower() == optimizer
    if optimizer == "adadelta":
        assert model.optimizer.rho == 0.95


def test_cosine_with_warm_up():
    rate = learning_rate(Recipe(learning_rate=0.2, warmup_steps=10), steps=110)
    values = [float(rate(step)) for step in (0, 5, 10, 60, 110)]
    np.testing.assert_allclose(values, [0, 0.1, 0.2, 0.1, 0], atol=1e-6)


def test_constant_with_warm_up_stays_up():
    rate = learning_rate(Recipe(learning_rate=0.2, warmup_steps=10, schedule="constant"), steps=110)
    np.testing.assert_allclose([float(rate(step)) for step in (5, 10, 60, 110)], [0.1, 0.2, 0.2, 0.2], atol=1e-6)


def test_bfloat16_computes_in_halves_and_keeps_what_must_be_exact():
    model = compiled(Recipe(depth=2, precision="mixed_bfloat16"), scenes=3, steps=1)
    assert model.get_layer("low_level_1").compute_dtype == "bfloat16"
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
    assert model.output["chroma"].dtype == model.output["scene"].dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"  # the setting does not leak


@pytest.mark.parametrize(
    ("loss", "network"),
    [("bins", colorizer.colorizer), ("squared", classifier.classifier), ("huber", classifier.classifier)],
)
def test_a_loss_that_does_not_fit_the_network_is_refused(loss, network):
    with pytest.raises(BadInput, match=f"^recipe: loss is '{loss}', which does not fit the network {network.__name__}"):
        built(Recipe(depth=2, loss=loss), 3, network)


def test_the_loss_of_bins_comes_from_the_training_photographs(pocket):
    assert isinstance(chroma_loss(Recipe(loss="bins"), pocket.split("train")), Rebalanced)
    with pytest.raises(BadInput, match="depends on the training photographs: give"):
        compiled(Recipe(depth=2, loss="bins"), scenes=3, steps=1, network=classifier.classifier)
