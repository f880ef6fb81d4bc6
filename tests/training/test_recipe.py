"""A recipe that cannot work is refused when it is made, with the field and what it must be."""

from dataclasses import FrozenInstanceError, fields

import pytest

from colorlab.base.errors import BadInput
from colorlab.training.recipe import RULES, Recipe

WRONG = [
    ("depth", 0),
    ("depth", 7),
    ("depth", 64.0),
    ("depth", True),
    ("batch_size", 1),
    ("batch_size", "32"),
    ("epochs", 0),
    ("steps_per_epoch", 0),
    ("optimizer", "sgd"),
    ("learning_rate", 0),
    ("learning_rate", -1e-3),
    ("learning_rate", float("nan")),
    ("learning_rate", "1e-3"),
    ("schedule", "linear"),
    ("warmup_steps", -1),
    ("loss", "absolute"),
    ("alpha", -0.1),
    ("alpha", float("inf")),
    ("average", 1.0),
    ("average", -0.5),
    ("precision", "float16"),
    ("shift", 64),
    ("mirror", "yes"),
    ("mirror", 1),
    ("validation_images", 0),
    ("seed", -1),
    ("seed", 1.5),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_value_is_refused_by_name(field, value):
    with pytest.raises(BadInput, match=rf"recipe: {field} is .*must be"):
        Recipe(**{field: value})


def test_every_field_is_tried_and_has_a_rule():
    names = {field.name for field in fields(Recipe)}
    assert names == set(RULES) == {field for field, _ in WRONG}


def test_the_write_ups_own_recipe_is_accepted():
    recipe = Recipe(depth=64, batch_size=100, epochs=25, optimizer="adadelta", learning_rate=1e-5,
                    schedule="constant", alpha=5, precision="float32")  # fmt: skip
    assert recipe.steps(100_000) == (1000, 25_000)


def test_an_epoch_is_one_pass_unless_it_is_given_in_steps():
    assert Recipe(batch_size=32, epochs=3).steps(100) == (4, 12)
    assert Recipe(batch_size=32, epochs=3, steps_per_epoch=7).steps(100) == (7, 21)


def test_5_and_5_point_0_are_the_same_recipe():
    assert repr(Recipe(alpha=5)) == repr(Recipe(alpha=5.0))


def test_a_recipe_does_not_change():
    with pytest.raises(FrozenInstanceError):
        Recipe().alpha = 1
