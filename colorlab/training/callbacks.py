"""Callbacks of a training: show progress, stop when the loss diverges, validate, and save the run."""

import math
import signal
import time
from dataclasses import dataclass

import numpy as np

from colorlab import color
from colorlab.base import devices
from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.data import batches, datasets
from colorlab.networks import classifier, weights
from colorlab.training import checkpoints
from colorlab.training.checkpoints import Checkpoint
from colorlab.training.ema import take_average
from colorlab.training.runs import Run
from colorlab.training.stopping import exception_for

EXPLODED = 4  # times the loss of the first step; an untrained network has a smaller loss
PICTURED = 8  # validation photographs in the picture of an epoch


class Diverged(BadInput):
    """The loss of a training is no longer a finite number, or has exploded."""


@dataclass(frozen=True)
class Session:
    """One call of `fit`: from a checkpoint to the end, or to an interruption."""

    run: Run
    checkpoint: Checkpoint  # where it starts
    mesh: devices.DeviceMesh
    steps_per_epoch: int
    stops: list  # the signals that have asked for a stop


class ShowProgress(keras.callbacks.Callback):
    """Show progress with the time left."""

    def __init__(self, progress):
        super().__init__()
        self.progress = progress

    def on_train_batch_end(self, batch, logs=None):
        self.progress.set_postfix(loss=f"{logs['loss']:.2f}", refresh=False)
        self.progress.update()


class StopOnDivergence(keras.callbacks.Callback):
    """Raise Diverged when the loss is not finite, or has grown to EXPLODED times that of the first step."""

    def __init__(self, session: Session):
        super().__init__()
        self.run, self.steps_per_epoch = session.run, session.steps_per_epoch
        self.step, self.first_loss = session.checkpoint.step, session.checkpoint.first_loss
        self.mean, self.recent = None, None  # mean loss of this epoch so far, and of about the last ten steps

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        before, self.mean = self.mean, float(logs["loss"])
        if not math.isfinite(self.mean):
            raise self.diverged(f"the loss became {self.mean} at step {self.step}")
        self.first_loss = self.mean if self.first_loss is None else self.first_loss
        number = (self.step - 1) % self.steps_per_epoch + 1  # of this step in its epoch, from 1
        if number == 1:
            loss = self.mean
        elif before is None:  # the first step after a resume in the middle of an epoch
            return
        else:  # Keras reports the mean of the epoch so far; this is the loss of this step
            loss = number * self.mean - (number - 1) * before
        self.recent = loss if self.recent is None else 0.9 * self.recent + 0.1 * loss
        if self.recent > EXPLODED * self.first_loss:
            raise self.diverged(
                f"the loss had grown from {self.first_loss:.4g} to about {self.recent:.4g} at step {self.step}"
            )

    def refuse_spoilt(self, numbers) -> None:
        """Raise Diverged if numbers are not finite. A step computes its loss before it changes the weights."""
        if not all(np.isfinite(values).all() for values in numbers):
            raise self.diverged(f"weights or losses are no longer finite numbers after step {self.step}")

    def diverged(self, what) -> Diverged:
        good = checkpoints.reached(self.run.folder)
        return Diverged(
            f"{what}: try a lower learning_rate, or more warmup_steps, in another run folder "
            f"({self.run.folder} keeps what was reached by step {good})"
        )


class Validate(keras.callbacks.Callback):
    """At the end of an epoch, add the loss on the validation photographs to the logs.

    It validates `kept`, the network that is saved: a copy, with the moving average of the weights if there is one. Each
    process has its own copy. (`fit` could validate only the model that it trains, on all devices together.)
    """

    def __init__(self, kept, measured, photographs, labels, together):
        """measured : batches of lightness, for ema.take_average. together : photographs per batch."""
        super().__init__()
        self.kept, self.measured, self.together = kept, measured, together
        self.lightness, self.truth = batches.encoded(photographs, labels)

    def on_epoch_end(self, epoch, logs=None):
        with devices.alone():
            take_average(self.kept, self.model, self.measured)
            costs = self.kept.evaluate(
                self.lightness, self.truth, batch_size=self.together, verbose=0, return_dict=True
            )
        logs.update({f"val_{name}": cost for name, cost in costs.items()})


class SaveRun(keras.callbacks.Callback):
    """At the end of an epoch, write the history, the picture, the weights and the checkpoint.

    The checkpoint comes last. A run that is killed before that repeats the epoch and writes the same files again.

    After a request to stop, the training ends when the current step is done. In the middle of an epoch only a
    checkpoint is written then. Of several processes only the first writes.
    """

    def __init__(self, session: Session, guard: StopOnDivergence, kept, scenes, photographs):
        """kept : the network that Validate fills. photographs : those of the validation; some are pictured."""
        super().__init__()
        self.session, self.guard, self.kept, self.scenes = session, guard, kept, scenes
        self.run, self.mesh, self.checkpoint = session.run, session.mesh, session.checkpoint
        self.step, self.history = self.checkpoint.step, list(self.checkpoint.history)
        self.answer = classifier.as_colorizer(kept) if kept.name == "classifier" else kept
        self.pictured = photographs[datasets.evenly_spaced(len(photographs), PICTURED)]

    def on_epoch_begin(self, epoch, logs=None):
        before = self.checkpoint.seconds if self.step == self.checkpoint.step else 0.0
        self.start = self.now = time.perf_counter() - before
        if self.step == self.checkpoint.step and self.checkpoint.running:  # Keras has just set them to zero
            for variable, value in zip(self.model.metrics_variables, self.checkpoint.running, strict=True):
                variable.assign(value)

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.now = time.perf_counter()
        if self.mesh.asked_to_stop(self.step):
            self.session.stops.append(signal.SIGTERM)
        if self.session.stops and self.step % self.session.steps_per_epoch:
            if keras.backend.backend() == "jax":
                self.model.jax_state_sync()  # until then the model's variables hold older values
            variables = checkpoints.state(self.model)
            self.guard.refuse_spoilt(variables)
            running = [np.asarray(variable) for variable in self.model.metrics_variables]
            self._write_checkpoint(variables, running, self.now - self.start)
            self._stop()

    def on_epoch_end(self, epoch, logs=None):
        self.guard.refuse_spoilt([*logs.values(), *checkpoints.state(self.model)])
        best = min((row["val_chroma_loss"] for row in self.history), default=math.inf)
        self.history.append(self._row(epoch, logs))
        if self.mesh.first:
            if logs["val_chroma_loss"] < best:
                weights.save(self.kept, self.run.folder / "best.weights.h5", self.scenes)
            weights.save(self.kept, self.run.folder / "last.weights.h5", self.scenes)
            self.run.write_picture(epoch + 1, self._picture())
            self.run.write_history(self.history)
        self._write_checkpoint(checkpoints.state(self.model))
        if self.session.stops and epoch + 1 < self.run.recipe["epochs"]:
            self._stop()

    def _write_checkpoint(self, variables, running=(), seconds=0.0):
        if self.mesh.first:
            facts = self.step, self.history, seconds, self.guard.first_loss, self.run.identity
            checkpoints.write(self.run.folder, Checkpoint(*facts, variables, list(running)))

    def _stop(self):
        raise exception_for(self.session.stops, f"stopped after step {self.step}; start it again, and it resumes there")

    def _row(self, epoch, logs):
        seconds = self.now - self.start
        return {
            "epoch": epoch + 1,
            "step": self.step,
            "seconds": round(seconds + (self.history[-1]["seconds"] if self.history else 0), 3),
            "images_per_second": round(self.session.steps_per_epoch * self.run.recipe["batch_size"] / seconds, 2),
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
            **{name: float(value) for name, value in logs.items()},
        }

    def _picture(self):
        lightness, _ = color.encode(self.pictured)
        with devices.alone():
            chroma = np.asarray(self.answer.predict_on_batch(lightness)["chroma"], dtype="float32")
        grey = np.full_like(chroma, color.GREY)
        rows = color.decode(lightness, grey), color.decode(lightness, chroma), self.pictured
        return np.vstack([np.hstack(row) for row in rows])
