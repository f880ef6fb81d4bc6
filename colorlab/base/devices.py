"""Train one network on several devices: the GPUs of one machine (either backend) or of several machines (JAX).

Each device holds all weights and takes its share of every batch. The gradients are added up, and batch normalization
uses the statistics of the whole batch. So the result is that of one device, but for rounding. Keras does the work: with
keras.distribution under JAX, with MirroredStrategy under TensorFlow.

Several processes may train together, on one machine or on several. They find each other by environment variables, which
keras.distribution.initialize reads:

    KERAS_DISTRIBUTION_JOB_ADDRESSES   host:port of the first process, to which the others connect
    KERAS_DISTRIBUTION_NUM_PROCESSES   the number of processes
    KERAS_DISTRIBUTION_PROCESS_ID      the number of this process, from 0

Only the first process writes. All resume from what it has written, so the run folder must be on a disk that they share.
"""

import os
import signal
import sys
import traceback
import zlib
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np

from colorlab.base.backend import keras
from colorlab.base.errors import BadInput

VARIABLES = [f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")]


@dataclass(frozen=True)
class DeviceMesh:
    """The devices that train together, and the processes that they belong to."""

    devices: int = 1  # of all processes
    processes: int = 1
    number: int = 0  # of this process, from 0

    @property
    def first(self) -> bool:
        """Whether this is the process that writes."""
        return self.number == 0

    def part(self, size: int) -> slice:
        """Return this process's share of a batch of this size. Raises BadInput if it cannot be divided evenly."""
        if size % self.devices:
            raise BadInput(
                f"a batch_size of {size} cannot be divided among {self.devices} devices: choose a multiple of "
                f"{self.devices}, or make fewer devices visible (CUDA_VISIBLE_DEVICES)"
            )
        each = size // self.processes
        return slice(self.number * each, (self.number + 1) * each)

    def scope(self):
        """Return a context. A model that is built in it trains on all devices."""
        if self.devices == 1:
            return nullcontext()
        if keras.backend.backend() == "jax":
            return keras.distribution.DataParallel(auto_shard_dataset=False).scope()
        import tensorflow

        return tensorflow.distribute.MirroredStrategy(_gpus()).scope()

    @contextmanager
    def feeding(self, begin):
        """Yield the batches in a form that `fit` takes. `begin` returns a generator of them.

        With MirroredStrategy, Keras takes batches before the training, to see their shapes, and drops them. So it gets
        a tf.data.Dataset, which begins anew when the training begins.
        """
        if self.devices > 1 and keras.backend.backend() == "tensorflow":
            import tensorflow

            with closing(begin()) as batches:
                shapes = keras.tree.map_structure(lambda x: tensorflow.TensorSpec(x.shape, x.dtype), next(batches))
            yield tensorflow.data.Dataset.from_generator(begin, output_signature=shapes)
        else:
            with self.scope(), closing(begin()) as batches:
                yield batches

    def agree(self, facts) -> None:
        """Wait for all processes. Raises BadInput if they do not all give the same facts."""
        if self.processes > 1:
            from jax.experimental import multihost_utils

            try:
                multihost_utils.assert_equal(np.uint32(zlib.crc32(repr(facts).encode())))
            except AssertionError:
                raise BadInput(
                    "the processes are not at the same step of the same run: start all by the same command, on the "
                    "same data and the same kind of hardware, with the run folder on a disk that they share "
                    f"(here, in process {self.number}: {facts})"
                ) from None

    def asked_to_stop(self, step: int) -> bool:
        """Whether a process got SIGTERM and all stop after this step. Every process must ask after every step."""
        if self.processes == 1:
            return False
        from jax.experimental import multihost_utils

        return multihost_utils.reached_preemption_sync_point(step)


def join() -> DeviceMesh:
    """Connect to the other processes, if any. Return the mesh of all GPUs that the backend sees, or of the processor.

    Raises BadInput if the environment variables are incomplete, do not work, or would have no effect.
    """
    given = [name for name in VARIABLES if os.environ.get(name)]
    if keras.backend.backend() == "tensorflow":
        for name in [*given, *(["TF_CONFIG"] if os.environ.get("TF_CONFIG") else [])]:
            raise BadInput(
                f"{name} is set, but several processes train together under JAX only: "
                "unset it, or set KERAS_BACKEND=jax"
            )
        return DeviceMesh(max(1, len(_gpus())))
    import jax

    if given and not jax.distributed.is_initialized():
        missing = [name for name in VARIABLES if name not in given]
        if missing:
            raise BadInput(f"{given[0]} is set, but {missing[0]} is not: set all of {', '.join(VARIABLES)}")
        try:
            keras.distribution.initialize()
        except (RuntimeError, ValueError) as error:
            raise BadInput(f"the processes do not find each other ({error}): check {', '.join(VARIABLES)}") from error
        # After a SIGTERM, JAX lets all processes stop after the same step. Ctrl-C becomes a SIGTERM, to do the same.
        signal.signal(signal.SIGINT, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))
    if jax.local_device_count() * jax.process_count() != jax.device_count():
        raise BadInput("the processes have different numbers of devices: give each as many (CUDA_VISIBLE_DEVICES)")
    return DeviceMesh(jax.device_count(), jax.process_count(), jax.process_index())


def is_of_others(error: Exception) -> bool:
    """Whether an error means that another process cannot be reached. (JAX has no exception of its own for that.)"""
    return any(word in str(error) for word in ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "oordination"))


def leave(error: Exception) -> None:
    """If this is one of several processes, print the error and end at once: a usual exit would wait for the others."""
    if any(os.environ.get(name) for name in VARIABLES):
        print(f"Error: {error}" if isinstance(error, BadInput) else traceback.format_exc(), file=sys.stderr, flush=True)
        os._exit(1)


@contextmanager
def alone():
    """Inside the block this process computes on its own, with models that were built outside of `DeviceMesh.scope`."""
    usual = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(usual)


def _gpus() -> list[str]:
    """Names of the GPUs that TensorFlow sees."""
    import tensorflow

    return [device.name for device in tensorflow.config.list_logical_devices("GPU")]
