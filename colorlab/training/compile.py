"""From a recipe to a compiled Keras model: network, first weights, optimizer, learning rate schedule, joint loss."""

import numpy as np

from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.data import batches, datasets
from colorlab.networks import bins, pretrained
from colorlab.networks.colorizer import colorizer
from colorlab.networks.losses import CrossEntropy, Frobenius, Huber, Rebalanced
from colorlab.training.precision import resolve_precision
from colorlab.training.recipe import Recipe
from colorlab.training.transfer import on_shipped_trunk

OPTIMIZERS = {
    "adadelta": keras.optimizers.Adadelta,  # rho 0.95, as in the write-up, is Keras's default
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
}


def network_for(name: str):
    """Return the function that builds the network of a recipe, by the recipe's name (a key of recipe.RECIPES)."""
    if name not in pretrained.NETWORKS:
        return colorizer
    network = pretrained.NETWORKS[name]
    return on_shipped_trunk if network.trunk else pretrained.builder(network.architecture)


def chroma_loss(recipe: Recipe, training: datasets.Dataset | None = None):
    """Return the loss of chroma that a recipe names.

    training : the training photographs. The loss "bins" counts how common each colour is in them. Raises BadInput if
        they are missing for it.
    """
    match recipe.loss:
        case "squared":
            return Frobenius()
        case "huber":
            return Huber()
        case "bins" if training is not None:
            prior = bins.prior(datasets.chroma_of(training, bins.PRIOR_OF))
            return Rebalanced(bins.rarity(prior))
    raise BadInput("the loss of bins depends on the training photographs: give losses.Rebalanced(bins.rarity(prior))")


def compiled(recipe: Recipe, scenes: int, steps: int, network=colorizer, loss=None):
    """Return a network with its initial weights, its optimizer and the joint loss, ready to `fit`.

    scenes : the number of scenes. steps : of the whole training; the learning rate falls over them.
    network : a function of depth and scenes that builds the network.
    loss : of chroma; by default the recipe's. The loss "bins" must be given: `chroma_loss` makes it.
    """
    loss = loss or chroma_loss(recipe)
    _make_reproducible(recipe.seed)
    optimizer = OPTIMIZERS[recipe.optimizer](
        learning_rate(recipe, steps), use_ema=recipe.average > 0, ema_momentum=recipe.average
    )
    model = built(recipe, scenes, network)
    compile_joint(model, recipe, loss, optimizer)
    model.optimizer.build(model.trainable_variables)
    # Build the variables of Keras's running means, too, from two black photographs. `fit` would build them from the
    # first batch that it gets, and not train on it.
    lightness, truth = batches.encoded(np.zeros((2, 128, 128, 3), "uint8"), np.zeros(2))
    model._symbolic_build(data_batch=(lightness, truth))
    return model


def built(recipe: Recipe, scenes: int, network=colorizer):
    """Return an uncompiled network in the recipe's precision. Raises BadInput if the recipe's loss does not fit it."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(resolve_precision(recipe).precision)
    try:
        model = network(recipe.depth, scenes)
    finally:
        keras.config.set_dtype_policy(usual)
    if (model.output["chroma"].shape[-1] == 2) == (recipe.loss == "bins"):
        raise BadInput(f"recipe: loss is '{recipe.loss}', which does not fit the network {network.__name__}")
    return model


def compile_joint(model, recipe: Recipe, loss, optimizer=None) -> None:
    """Compile a model with the joint loss. Without an optimizer it can only be evaluated."""
    model.compile(
        optimizer=optimizer,
        loss={"chroma": loss, "scene": CrossEntropy()},
        loss_weights={"chroma": 1.0, "scene": recipe.alpha},
        metrics={"scene": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]},
        jit_compile=keras.backend.backend() == "jax",  # on a CPU, XLA makes TensorFlow slower, not faster
    )


def learning_rate(recipe: Recipe, steps: int):
    """Return the learning rate: a number, or a Keras schedule over the steps."""
    if recipe.schedule == "constant" and not recipe.warmup_steps:
        return recipe.learning_rate
    end = 1.0 if recipe.schedule == "constant" else 0.0  # as a fraction of the highest rate
    warmup = {"warmup_target": recipe.learning_rate, "warmup_steps": recipe.warmup_steps}
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if recipe.warmup_steps else recipe.learning_rate,
        decay_steps=max(1, steps - recipe.warmup_steps),
        alpha=end,
        **(warmup if recipe.warmup_steps else {}),
    )


def _make_reproducible(seed):
    """Let the same seed give the same weights on the same machine, to the last bit."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        # Else threads add up gradients in the order in which they finish. It costs no time that can be measured.
        tensorflow.config.experimental.enable_op_determinism()
