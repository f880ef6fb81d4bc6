"""Training: a data set and a recipe in, a run folder out; started again, it goes on where it stopped.

Going on is exact by construction. What Keras calls an epoch is the interval between two checkpoints; the batch of a
step depends on nothing but (seed, step); and a checkpoint is one file that holds every variable of the model and the
optimizer together with their step and the history. (Keras's own BackupAndRestore restarts its epoch with other
batches, and writes its file in place.)
"""

import math
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict

import numpy as np

from colorlab import BadInput, color, datasets, networks, weights
from colorlab.backend import keras
from colorlab.losses import CrossEntropy, Frobenius, Huber
from colorlab.progress import Progress
from colorlab.recipe import Recipe
from colorlab.runs import Run

OPTIMIZERS = {
    "adadelta": keras.optimizers.Adadelta,  # rho 0.95, as in the write-up, is Keras's default
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
}
LOSSES = {"squared": Frobenius, "huber": Huber}
VALIDATED = 64  # validation photographs that go through the network together, at most
MEASURED = 20  # training batches on which the averaged weights' population statistics are measured
PICTURED = 8  # validation photographs in the picture of an epoch


def train(dataset: datasets.Dataset, recipe: Recipe, folder) -> Run:
    """Train a colorizer on the split "train", validating on "val", and keep everything in a run folder.

    A run that was interrupted goes on from its last checkpoint; one that is finished is returned as it is. Raises
    BadInput if the folder belongs to another recipe or data set, or when the loss is no longer finite.
    """
    run = Run(folder)
    steps_per_epoch, steps = recipe.steps(len(datasets.coloured_of(dataset.split("train"))))

    run.refuse_other(asdict(recipe), dataset)
    if run.read_checkpoint()[0] == steps:
        return run
    with run.locked():
        _go_on(run, recipe, dataset, steps_per_epoch, steps)
    return run


def _go_on(run, recipe, dataset, steps_per_epoch, steps):
    """Train from the last checkpoint, or from the start, to the end."""
    training, validation = dataset.split("train"), dataset.split("val")
    step, history, variables = run.read_checkpoint()
    model = compiled(recipe, len(dataset.classes), steps)
    if variables:
        restore(model, variables, run)
    else:
        networks.start_at(model, datasets.mean_colour(training))
    run.begin(asdict(recipe), dataset)

    batches = datasets.batches(
        training, recipe.batch_size, recipe.seed, start=step, shift=recipe.shift, mirror=recipe.mirror
    )
    chosen, together = _validated(len(validation), recipe.validation_images)
    photographs = datasets.centre(validation)[chosen]
    measured = [
        datasets.batch(training, number, recipe.batch_size, recipe.seed, recipe.shift, recipe.mirror)[0]
        for number in range(MEASURED if recipe.average else 0)
    ]
    with closing(batches), Progress(total=steps, initial=step, unit="step", desc="training") as progress:
        model.fit(
            batches,
            steps_per_epoch=steps_per_epoch,
            initial_epoch=step // steps_per_epoch,
            epochs=recipe.epochs,
            shuffle=False,
            validation_data=datasets.encoded(photographs, validation.labels[chosen]),
            validation_batch_size=together,
            callbacks=[
                Watch(run, step, progress),
                Keep(run, step, history, dataset.classes, recipe, photographs, measured),
            ],
            verbose=0,
        )


def compiled(recipe: Recipe, scenes: int, steps: int):
    """A colorizer with its initial weights, its optimizer and the joint loss, ready to `fit`."""
    _make_reproducible(recipe.seed)
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.precision)
    try:
        model = networks.colorizer(recipe.depth, scenes)
    finally:
        keras.config.set_dtype_policy(usual)
    model.compile(
        optimizer=OPTIMIZERS[recipe.optimizer](
            learning_rate(recipe, steps), use_ema=recipe.average > 0, ema_momentum=recipe.average
        ),
        loss={"chroma": LOSSES[recipe.loss](), "scene": CrossEntropy()},
        loss_weights={"chroma": 1.0, "scene": recipe.alpha},
        metrics={"scene": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]},
        jit_compile=keras.backend.backend() == "jax",  # on a CPU, XLA makes TensorFlow slower, not faster
    )
    model.optimizer.build(model.trainable_variables)
    return model


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


def state(model) -> list:
    """All that changes in training: weights, population statistics, and what the optimizer keeps."""
    return [*model.variables, *model.optimizer.variables]


def restore(model, values: list, run: Run) -> None:
    """Put the variables of a checkpoint back."""
    variables = state(model)
    if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
        raise BadInput(f"{run.checkpoint} is of another network or optimizer: choose another run folder")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


@contextmanager
def averaged(model, batches):
    """Inside the block the model has the moving average of its weights, if its optimizer keeps one.

    batches : of lightness, (N, 128, 128, 1), to measure the population statistics of batch normalization on. Those that
        the training keeps belong to other weights, and with them the average would be worse than no average at all.
        (Izmailov et al. 2018, "Averaging weights leads to wider optima", measure them anew as well.)

    (Keras's SwapEMAWeights leaves the statistics as they are. It swaps by adding and subtracting on TensorFlow, which
    costs the last bits of both.)
    """
    if not model.optimizer.use_ema:
        yield
        return
    before = [np.array(variable) for variable in model.weights]
    averages = model.optimizer._model_variables_moving_average
    for variable, average in zip(model.trainable_variables, averages, strict=True):
        variable.assign(average)
    measure_statistics(model, batches)
    try:
        yield
    finally:
        for variable, value in zip(model.weights, before, strict=True):
            variable.assign(value)


def measure_statistics(model, batches):
    """Make the population statistics of batch normalization the means over these batches of lightness."""
    normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    usual = [layer.momentum for layer in normalizations]
    for number, lightness in enumerate(batches):
        for layer in normalizations:
            layer.momentum = number / (number + 1)  # the moving average becomes the mean of all so far
        model(lightness, training=True)
    for layer, momentum in zip(normalizations, usual, strict=True):
        layer.momentum = momentum


def _validated(count: int, most: int) -> tuple[np.ndarray, int]:
    """Which photographs are validated on, and how many go through the network together: equally many each time.

    (Keras averages the loss of an output over batches: the photographs of a short last batch would count for more.)
    """
    if not count:
        raise BadInput("the data set has no validation photographs: add some to its split 'val'")
    used = min(count, most)
    batches = max(1, math.ceil(used / VALIDATED))
    return datasets.spread(count, used // batches * batches), used // batches


def diverged(what, run) -> BadInput:
    """The error of a training that has run away, with what to try."""
    return BadInput(
        f"{what}: try a lower learning_rate, or more warmup_steps, in another run folder "
        f"(what {run.folder} holds is from before that)"
    )


class Watch(keras.callbacks.Callback):
    """Show progress, and stop when the loss is no longer a number."""

    def __init__(self, run, step, progress):
        super().__init__()
        self.run, self.step, self.progress = run, step, progress

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if not math.isfinite(logs["loss"]):
            raise diverged(f"the loss became {logs['loss']} at step {self.step}", self.run)
        self.progress.set_postfix(loss=f"{logs['loss']:.2f}", refresh=False)
        self.progress.update()


class Keep(keras.callbacks.Callback):
    """At the end of an epoch, validate, and write the history, the picture, the weights and the checkpoint.

    What is validated, pictured and written as weights is the average of the weights, if there is one. The checkpoint
    comes last: a run killed before it repeats the epoch and writes the same files again.
    """

    def __init__(self, run, step, history, scenes, recipe, photographs, measured):
        super().__init__()
        self.measured, self.average = measured, ExitStack()
        self.run, self.step, self.history, self.scenes = run, step, list(history), scenes
        self.batch_size = recipe.batch_size
        self.pictured = photographs[datasets.spread(len(photographs), PICTURED)]

    def on_epoch_begin(self, epoch, logs=None):
        self.start = self.now = time.perf_counter()
        self.start_step = self.step

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.now = time.perf_counter()

    def on_test_begin(self, logs=None):
        self.average.enter_context(averaged(self.model, self.measured))

    def on_epoch_end(self, epoch, logs=None):
        # The loss of a step is computed before its update, so a good loss may leave spoilt weights behind.
        if not all(np.isfinite(value).all() for value in [*logs.values(), *map(np.asarray, state(self.model))]):
            raise diverged(f"weights or losses are no longer finite numbers after step {self.step}", self.run)
        best = min((row["val_chroma_loss"] for row in self.history), default=math.inf)
        self.history.append(self._row(epoch, logs))
        if logs["val_chroma_loss"] < best:
            weights.save(self.model, self.run.folder / "best.weights.h5", self.scenes)
        weights.save(self.model, self.run.folder / "last.weights.h5", self.scenes)
        self.run.write_picture(epoch + 1, self._picture())
        self.average.close()  # from here on the model has its own weights again
        self.run.write_history(self.history)
        self.run.write_checkpoint(self.step, self.history, state(self.model))

    def _row(self, epoch, logs):
        seconds = self.now - self.start
        return {
            "epoch": epoch + 1,
            "step": self.step,
            "seconds": round(seconds + (self.history[-1]["seconds"] if self.history else 0), 3),
            "images_per_second": round((self.step - self.start_step) * self.batch_size / seconds, 2),
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
            **{name: float(value) for name, value in logs.items()},
        }

    def _picture(self):
        lightness, _ = color.encode(self.pictured)
        chroma = np.asarray(self.model.predict_on_batch(lightness)["chroma"], dtype="float32")
        grey = np.full_like(chroma, color.GREY)
        rows = color.decode(lightness, grey), color.decode(lightness, chroma), self.pictured
        return np.vstack([np.hstack(row) for row in rows])
