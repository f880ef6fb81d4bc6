"""Training: a data set and a recipe in, a run folder out; started again, it goes on where it stopped.

Going on is exact by construction: checkpoints.py says how.
"""

import errno
import importlib.util
import math
import warnings
from contextlib import nullcontext
from dataclasses import asdict, replace
from functools import partial

import numpy as np

from colorlab import BadInput, bins, checkpoints, color, datasets, iizuka, machines, networks
from colorlab.backend import keras
from colorlab.callbacks import Guard, Keep, Show, Validate, exception_for, stop_requests
from colorlab.classifier import Rebalanced, on_shipped_trunk
from colorlab.losses import CrossEntropy, Frobenius, Huber
from colorlab.precision import concrete, fastest
from colorlab.progress import Progress
from colorlab.provenance import described
from colorlab.recipe import Recipe
from colorlab.runs import Run

OPTIMIZERS = {
    "adadelta": keras.optimizers.Adadelta,  # rho 0.95, as in the write-up, is Keras's default
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
}
LOSSES = {  # what each has to know of the training photographs
    "squared": lambda photographs: Frobenius(),
    "huber": lambda photographs: Huber(),
    "bins": lambda photographs: Rebalanced(bins.rarity(bins.prior(photographs))),
}
NETWORKS = {"vivid": on_shipped_trunk, "iizuka": iizuka.iizuka}  # of recipes that are not for networks.colorizer
VALIDATED = 64  # validation photographs that go through the network together, at most
MEASURED = 20  # training batches on which the averaged weights' population statistics are measured


def train(
    dataset: datasets.Dataset, recipe: Recipe, folder, tensorboard: bool = False, network=networks.colorizer
) -> Run:
    """Train a colorizer on the split "train", validating on "val", and keep everything in a run folder.

    A run that was interrupted, however, goes on from its last checkpoint; one that is finished is returned as it is.
    SIGTERM and Ctrl-C finish the step and write a checkpoint before they end it (callbacks.Keep). With `tensorboard`,
    its logs are kept in the run folder, too. An experiment may give a `network` of its own: a function of depth and
    scenes whose model has the layers that networks.start_at and weights.save look for, and the outputs of a colorizer.
    A run knows it by its name alone, and weights.load does not know it: build it, and let it load last.weights.h5.

    Raises BadInput if the folder belongs to another recipe, data set or network, when the training diverges, or if the
    disk is full.
    """
    team, run = machines.join(), Run(folder)
    team.part(recipe.batch_size)  # refused now, not after the preparations
    recipe = _precise(recipe, run)
    identity = {"recipe": asdict(recipe), "data": described(dataset), "network": {"name": network.__name__}}
    _, steps = recipe.steps(len(datasets.coloured_of(dataset.split("train"))))
    run.refuse_other(identity)
    if tensorboard:
        _refuse_no_tensorboard()
    team.agree({"step": checkpoints.reached(run.folder)} | identity)
    if checkpoints.reached(run.folder) == steps and _checkpoint(run, identity).step == steps:
        return run
    # Where several processes train, JAX notes the SIGTERM of any: team.asked_to_stop.
    stops = stop_requests() if team.processes == 1 else nullcontext([])
    try:
        with run.locked() if team.first else nullcontext(), stops as requested:
            checkpoint = _checkpoint(run, identity)
            team.agree({"step": checkpoint.step})
            kept = _network(recipe, len(dataset.classes), network)
            loss = LOSSES[recipe.loss](dataset.split("train"))
            _compile(kept, recipe, loss)  # to be evaluated only
            if recipe.loss == "bins":
                kept.rarity = loss.rarity  # its weights files tell it
            with team.scope():
                model = compiled(recipe, len(dataset.classes), steps, network, loss)
                if recipe.loss != "bins":
                    networks.start_at(model, datasets.mean_colour(dataset.split("train")))
            if team.first:
                run.begin(identity, checkpoint, team)
            while checkpoint.step < steps:
                _go_on(run, model, kept, checkpoint, dataset, recipe, team, requested, tensorboard)
                team.agree("trained so far")  # and the first has written its checkpoint
                checkpoint = checkpoints.read(run.folder)
                team.agree({"step": checkpoint.step})  # a shared disk may show others an older one
            if requested:
                raise exception_for(requested, "stopped; the training is complete")
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise BadInput(
            f"{error.filename or run.folder} cannot be written ({error.strerror or error}): "
            f"{'make room' if full else 'see to it that it can'} and start again; "
            f"it goes on from step {checkpoints.reached(run.folder)}"
        ) from error
    except (ValueError, RuntimeError) as error:
        if team.processes == 1 or not machines.is_of_others(error):
            raise
        raise BadInput(
            f"process {team.number} cannot go on with the others ({str(error).splitlines()[0]}): start all again; "
            f"they go on from step {checkpoints.reached(run.folder)}"
        ) from error
    return run


def _go_on(run, model, kept, checkpoint, dataset, recipe, team, requested, tensorboard):
    """Train from a checkpoint to the end; or, from the middle of an epoch, to the end of that.

    What Keras calls an epoch is the interval between two checkpoints.
    """
    training, validation = dataset.split("train"), dataset.split("val")
    steps_per_epoch, steps = recipe.steps(len(datasets.coloured_of(training)))
    epoch, done = divmod(checkpoint.step, steps_per_epoch)
    if checkpoint.step:
        checkpoints.restore(model, checkpoint)
    drawn = {"size": recipe.batch_size, "seed": recipe.seed, "shift": recipe.shift, "mirror": recipe.mirror}
    measured = [datasets.batch(training, n, **drawn)[0] for n in range(MEASURED if recipe.average else 0)]
    chosen, together = validated(len(validation), recipe.validation_images)
    photographs, labels = datasets.centre(validation)[chosen], validation.labels[chosen]

    guard = Guard(run, checkpoint, steps_per_epoch)
    validate = Validate(kept, measured, photographs, labels, together)
    logs = [keras.callbacks.TensorBoard(run.folder / "tensorboard", write_graph=False)] if tensorboard else []
    keep = Keep(run, checkpoint, guard, kept, steps_per_epoch, dataset.classes, photographs, team, requested)
    drawn |= {"part": team.part(recipe.batch_size), "encode": _encode(team)}
    begin = partial(datasets.batches, training, start=checkpoint.step, **drawn)
    shown = {"total": steps, "initial": checkpoint.step, "unit": "step", "desc": "training"}
    with team.feeding(begin) as batches, Progress(**shown, disable=not team.first) as progress:
        model.fit(
            batches,
            steps_per_epoch=steps_per_epoch - done,
            initial_epoch=epoch,
            epochs=epoch + 1 if done else recipe.epochs,
            shuffle=False,
            callbacks=[Show(progress), guard, validate, *(logs if team.first else []), keep],
            verbose=0,
        )


def _encode(team):
    """color.encode, where it is faster: by NumPy, in the threads that make batches, or compiled, on a GPU.

    (For one GPU under JAX. What TensorFlow computes, Keras would copy back to the processor for its input.)
    """
    if keras.backend.backend() == "jax" and team.devices == 1:
        import jax

        if jax.default_backend() == "gpu":
            return jax.jit(color.encode)
    return color.encode


def _precise(recipe, run):
    """The recipe with "auto" replaced: by the precision that the run has begun in, or else by the faster one here."""
    begun = recipe.precision == "auto" and (run.folder / "recipe.json").exists()
    if begun and run.recipe["precision"] != fastest():
        warnings.warn(
            f"{run.folder} began in {run.recipe['precision']} on other hardware and goes on in it, though "
            f"{fastest()} is faster here",
            stacklevel=3,
        )
    return replace(recipe, precision=run.recipe["precision"]) if begun else concrete(recipe)


def _checkpoint(run, identity):
    """The newest checkpoint, if it belongs to this run: it may have come from elsewhere."""
    checkpoint = checkpoints.read(run.folder)
    run.refuse_differences(checkpoint.identity, identity)
    return checkpoint


def _refuse_no_tensorboard():
    for package in ("tensorboard", "tensorflow"):  # Keras writes the logs with TensorFlow, whatever it trains on
        if importlib.util.find_spec(package) is None:
            raise BadInput(f"TensorBoard's logs need the package {package}: install it, or train without them")


def compiled(recipe: Recipe, scenes: int, steps: int, network=networks.colorizer, loss=None):
    """A colorizer with its initial weights, its optimizer and the joint loss, ready to `fit`.

    loss : of chroma; by default the recipe's, which "bins", knowing photographs, cannot be.
    """
    if loss is None and recipe.loss == "bins":
        raise BadInput("the loss of bins depends on photographs: give it, classifier.Rebalanced(bins.rarity(prior))")
    _make_reproducible(recipe.seed)
    optimizer = OPTIMIZERS[recipe.optimizer](
        learning_rate(recipe, steps), use_ema=recipe.average > 0, ema_momentum=recipe.average
    )
    model = _network(recipe, scenes, network)
    _compile(model, recipe, loss or LOSSES[recipe.loss](None), optimizer)
    model.optimizer.build(model.trainable_variables)
    # So are the variables behind Keras's means, with a batch of black photographs; `fit` would take the first of ours.
    lightness, truth = datasets.encoded(np.zeros((2, 128, 128, 3), "uint8"), np.zeros(2))
    model._symbolic_build(data_batch=(lightness, truth))
    return model


def _network(recipe: Recipe, scenes: int, network):
    """A colorizer in the precision of the recipe. Raises BadInput if its answer is not what the loss is of."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(concrete(recipe).precision)
    try:
        model = network(recipe.depth, scenes)
    finally:
        keras.config.set_dtype_policy(usual)
    if (model.output["chroma"].shape[-1] == 2) == (recipe.loss == "bins"):
        raise BadInput(f"recipe: loss is '{recipe.loss}', which does not fit the network {network.__name__}")
    return model


def _compile(model, recipe, loss, optimizer=None):
    model.compile(
        optimizer=optimizer,
        loss={"chroma": loss, "scene": CrossEntropy()},
        loss_weights={"chroma": 1.0, "scene": recipe.alpha},
        metrics={"scene": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]},
        jit_compile=keras.backend.backend() == "jax",  # on a CPU, XLA makes TensorFlow slower, not faster
    )


def learning_rate(recipe: Recipe, steps: int):
    """The learning rate of each step, as Keras wants it."""
    if recipe.schedule == "constant" and not recipe.warmup_steps:
        return recipe.learning_rate
    end = 1.0 if recipe.schedule == "constant" else 0.0  # of the fall, as a part of the highest rate
    warmup = {"warmup_target": recipe.learning_rate, "warmup_steps": recipe.warmup_steps}
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if recipe.warmup_steps else recipe.learning_rate,
        decay_steps=max(1, steps - recipe.warmup_steps),
        alpha=end,
        **(warmup if recipe.warmup_steps else {}),
    )


def _make_reproducible(seed):
    """The same seed on the same machine gives the same weights, bit by bit."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        # Without it, threads add up gradients in whatever order they finish. It costs nothing that can be measured.
        tensorflow.config.experimental.enable_op_determinism()


def validated(count: int, most: int) -> tuple[np.ndarray, int]:
    """Which photographs are validated on, and how many go through the network together: equally many each time.

    (Keras averages the loss of an output over batches: the photographs of a short last batch would count for more.)
    """
    if not count:
        raise BadInput("the data set has no validation photographs: add some to its split 'val'")
    used = min(count, most)
    batches = max(1, math.ceil(used / VALIDATED))
    return datasets.spread(count, used // batches * batches), used // batches
