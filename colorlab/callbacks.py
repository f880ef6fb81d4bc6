"""What happens while Keras trains: progress, a guard against divergence, and the keeping of what is reached."""

import math
import signal
import threading
import time
from contextlib import contextmanager

import numpy as np

from colorlab import BadInput, checkpoints, classifier, color, datasets, machines, weights
from colorlab.averaging import take_average
from colorlab.backend import keras

EXPLODED = 4  # times the loss of the first step: more than what an untrained network costs is no learning
PICTURED = 8  # validation photographs in the picture of an epoch


class Show(keras.callbacks.Callback):
    """Show progress with the time left."""

    def __init__(self, progress):
        super().__init__()
        self.progress = progress

    def on_train_batch_end(self, batch, logs=None):
        self.progress.set_postfix(loss=f"{logs['loss']:.2f}", refresh=False)
        self.progress.update()


class Guard(keras.callbacks.Callback):
    """Stop a training whose loss is no longer a number, or has become many times what it was at the first step."""

    def __init__(self, run, checkpoint, steps_per_epoch):
        super().__init__()
        self.run, self.step, self.first_loss = run, checkpoint.step, checkpoint.first_loss
        self.steps_per_epoch = steps_per_epoch
        self.mean, self.recent = None, None  # of the epoch so far; of the last ten steps or so

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        before, self.mean = self.mean, float(logs["loss"])
        if not math.isfinite(self.mean):
            raise self.diverged(f"the loss became {self.mean} at step {self.step}")
        self.first_loss = self.mean if self.first_loss is None else self.first_loss
        number = (self.step - 1) % self.steps_per_epoch + 1  # of the step in its epoch
        if number == 1:
            loss = self.mean
        elif before is None:  # the first step after going on in the middle of an epoch
            return
        else:
            loss = number * self.mean - (number - 1) * before  # of this step: Keras gives the mean of the epoch so far
        self.recent = loss if self.recent is None else 0.9 * self.recent + 0.1 * loss
        if self.recent > EXPLODED * self.first_loss:
            raise self.diverged(
                f"the loss had grown from {self.first_loss:.4g} to about {self.recent:.4g} at step {self.step}"
            )

    def refuse_spoilt(self, numbers):
        """The loss of a step is computed before its update, so a good loss may leave spoilt weights behind."""
        if not all(np.isfinite(values).all() for values in numbers):
            raise self.diverged(f"weights or losses are no longer finite numbers after step {self.step}")

    def diverged(self, what) -> BadInput:
        good = checkpoints.reached(self.run.folder)
        return BadInput(
            f"{what}: try a lower learning_rate, or more warmup_steps, in another run folder "
            f"({self.run.folder} keeps what was reached by step {good})"
        )


class Validate(keras.callbacks.Callback):
    """At the end of an epoch, add to its logs what the network, as it would be kept, costs on validation photographs.

    That is a copy of it, with the average of the weights if there is one; a copy that each process has for itself,
    where several train. (`fit` could validate, but only the model that it trains, on all devices together.)
    """

    def __init__(self, kept, measured, photographs, labels, together):
        """measured: batches of lightness for the average's statistics; together: photographs that go in one batch."""
        super().__init__()
        self.kept, self.measured, self.together = kept, measured, together
        self.lightness, self.truth = datasets.encoded(photographs, labels)

    def on_epoch_end(self, epoch, logs=None):
        with machines.alone():
            take_average(self.kept, self.model, self.measured)
            costs = self.kept.evaluate(
                self.lightness, self.truth, batch_size=self.together, verbose=0, return_dict=True
            )
        logs.update({f"val_{name}": cost for name, cost in costs.items()})


class Keep(keras.callbacks.Callback):
    """At the end of an epoch, write the history, the picture, the weights and the checkpoint.

    The checkpoint comes last: a run killed before it repeats the epoch and writes the same files again.

    When a stop was requested, only the checkpoint is written, after the step (and the validation) that is under way.
    """

    def __init__(self, run, checkpoint, guard, kept, steps_per_epoch, scenes, photographs, team, requested):
        """kept: the copy of the network that Validate makes. Of a team's processes, the first alone writes."""
        super().__init__()
        self.run, self.checkpoint, self.guard, self.kept = run, checkpoint, guard, kept
        self.steps_per_epoch, self.scenes, self.team, self.requested = steps_per_epoch, scenes, team, requested
        self.step, self.history = checkpoint.step, list(checkpoint.history)
        self.answer = classifier.answering(kept) if kept.name == "classifier" else kept
        self.pictured = photographs[datasets.spread(len(photographs), PICTURED)]

    def on_epoch_begin(self, epoch, logs=None):
        before = self.checkpoint.seconds if self.step == self.checkpoint.step else 0.0
        self.start = self.now = time.perf_counter() - before
        if self.step == self.checkpoint.step and self.checkpoint.running:  # Keras begins each epoch with new means
            for variable, value in zip(self.model.metrics_variables, self.checkpoint.running, strict=True):
                variable.assign(value)

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.now = time.perf_counter()
        if self.team.asked_to_stop(self.step):
            self.requested.append(signal.SIGTERM)
        if self.requested and self.step % self.steps_per_epoch:
            if keras.backend.backend() == "jax":
                self.model.jax_state_sync()  # in the middle of an epoch the variables are elsewhere
            variables = checkpoints.state(self.model)
            self.guard.refuse_spoilt(variables)
            running = [np.asarray(variable) for variable in self.model.metrics_variables]
            self._write_checkpoint(variables, running, self.now - self.start)
            self._stop()

    def on_epoch_end(self, epoch, logs=None):
        self.guard.refuse_spoilt([*logs.values(), *checkpoints.state(self.model)])
        best = min((row["val_chroma_loss"] for row in self.history), default=math.inf)
        self.history.append(self._row(epoch, logs))
        if self.team.first:
            if logs["val_chroma_loss"] < best:
                weights.save(self.kept, self.run.folder / "best.weights.h5", self.scenes)
            weights.save(self.kept, self.run.folder / "last.weights.h5", self.scenes)
            self.run.write_picture(epoch + 1, self._picture())
            self.run.write_history(self.history)
        self._write_checkpoint(checkpoints.state(self.model))
        if self.requested and epoch + 1 < self.run.recipe["epochs"]:
            self._stop()

    def _write_checkpoint(self, variables, running=(), seconds=0.0):
        if self.team.first:
            facts = self.step, self.history, seconds, self.guard.first_loss, self.run.identity
            checkpoints.write(self.run.folder, checkpoints.Checkpoint(*facts, variables, list(running)))

    def _stop(self):
        raise exception_for(self.requested, f"stopped after step {self.step}; started again, it goes on from there")

    def _row(self, epoch, logs):
        seconds = self.now - self.start
        return {
            "epoch": epoch + 1,
            "step": self.step,
            "seconds": round(seconds + (self.history[-1]["seconds"] if self.history else 0), 3),
            "images_per_second": round(self.steps_per_epoch * self.run.recipe["batch_size"] / seconds, 2),
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
            **{name: float(value) for name, value in logs.items()},
        }

    def _picture(self):
        lightness, _ = color.encode(self.pictured)
        with machines.alone():
            chroma = np.asarray(self.answer.predict_on_batch(lightness)["chroma"], dtype="float32")
        grey = np.full_like(chroma, color.GREY)
        rows = color.decode(lightness, grey), color.decode(lightness, chroma), self.pictured
        return np.vstack([np.hstack(row) for row in rows])


class Terminated(SystemExit):
    """The system asked the program to end (SIGTERM), and it has kept what it needs to go on."""

    def __init__(self, message):
        super().__init__(message)
        self.code = 128 + signal.SIGTERM  # what a shell reports of a program that the signal ended


def exception_for(requested, message):
    """What to raise for a request to stop: what Python would have, had nobody noted it, with a message."""
    return KeyboardInterrupt(message) if requested[0] == signal.SIGINT else Terminated(message)


@contextmanager
def stop_requests():
    """Inside the block SIGTERM and Ctrl-C are only noted, in the list that is given; a second Ctrl-C ends at once.

    (Not a second SIGTERM, nor a Ctrl-C after one: a notebook's kernel is sent Ctrl-C and, soon after it, SIGTERM; and
    where all processes of a machine are told to stop, a SIGTERM before both.)
    """
    requested = []

    def note(number, frame):
        if number == signal.SIGINT and number in requested:
            raise KeyboardInterrupt("stopped at once, at the second request")
        requested.append(number)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    if threading.current_thread() is not threading.main_thread():  # only there may Python be told what to do at signals
        before = {}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in before:
            signal.signal(number, note)
        yield requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
