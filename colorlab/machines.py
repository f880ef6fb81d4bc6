"""Several devices train one network: the GPUs of a machine, under either backend, or of several machines, under JAX.

Each device holds all weights and takes its part of every batch; what they find is added up, and batch normalization
looks at the whole batch. So it is the same training as on one device, but for rounding. Keras does it: with
keras.distribution under JAX, with MirroredStrategy under TensorFlow.

Several processes, on one machine or on several, are told of each other by the variables that
keras.distribution.initialize reads from the environment:

    KERAS_DISTRIBUTION_JOB_ADDRESSES   host:port of the first, where the others report
    KERAS_DISTRIBUTION_NUM_PROCESSES   how many there are
    KERAS_DISTRIBUTION_PROCESS_ID      which of them this is, from 0

Only the first writes, and all go on from what it has written: the run folder must be on a disk that they share.
"""

import os
import signal
import sys
import traceback
import zlib
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np

from colorlab import BadInput
from colorlab.backend import keras

VARIABLES = [f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")]


@dataclass(frozen=True)
class Team:
    """What trains together: so many devices, of so many processes, of which this is one."""

    devices: int = 1
    processes: int = 1
    number: int = 0  # of this process

    @property
    def first(self) -> bool:
        """Is this the process that writes?"""
        return self.number == 0

    def part(self, size: int) -> slice:
        """Which examples of a batch of this size are for this process. Raises BadInput if it cannot be divided."""
        if size % self.devices:
            raise BadInput(
                f"a batch_size of {size} cannot be divided among {self.devices} devices: choose a multiple of that, "
                "or let the program see fewer (CUDA_VISIBLE_DEVICES)"
            )
        each = size // self.processes
        return slice(self.number * each, (self.number + 1) * each)

    def scope(self):
        """Inside the block a model is built for all devices."""
        if self.devices == 1:
            return nullcontext()
        if keras.backend.backend() == "jax":
            return keras.distribution.DataParallel(auto_shard_dataset=False).scope()
        import tensorflow

        return tensorflow.distribute.MirroredStrategy(_gpus()).scope()

    @contextmanager
    def feeding(self, begin):
        """Inside the block, what is given can be `fit`: the batches of the generator that `begin` gives.

        With MirroredStrategy, Keras takes batches before it trains, to see their shapes, and would never use them:
        only what can begin anew is safe from that.
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
        """Wait until all processes are here, and raise BadInput if they don't come with the same facts."""
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
        """Was any process sent SIGTERM, and is this the step after which all stop? To be asked after every step."""
        if self.processes == 1:
            return False
        from jax.experimental import multihost_utils

        return multihost_utils.reached_preemption_sync_point(step)


def join() -> Team:
    """What trains here: all GPUs that the backend sees, or the one processor; and the processes that report.

    Raises BadInput for a setting that would do nothing.
    """
    given = [name for name in VARIABLES if os.environ.get(name)]
    if keras.backend.backend() == "tensorflow":
        for name in [*given, *(["TF_CONFIG"] if os.environ.get("TF_CONFIG") else [])]:
            raise BadInput(
                f"{name} is set, but several processes train together under JAX only: "
                "unset it, or set KERAS_BACKEND=jax"
            )
        return Team(max(1, len(_gpus())))
    import jax

    if given and not jax.distributed.is_initialized():
        missing = [name for name in VARIABLES if name not in given]
        if missing:
            raise BadInput(f"{given[0]} is set, but {missing[0]} is not: set all of {', '.join(VARIABLES)}")
        try:
            keras.distribution.initialize()
        except (RuntimeError, ValueError) as error:
            raise BadInput(f"the processes do not find each other ({error}): check {', '.join(VARIABLES)}") from error
        # JAX sees to it that a SIGTERM stops all after the same step: let Ctrl-C be one.
        signal.signal(signal.SIGINT, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))
    if jax.local_device_count() * jax.process_count() != jax.device_count():
        raise BadInput("the processes have different numbers of devices: let each see as many (CUDA_VISIBLE_DEVICES)")
    return Team(jax.device_count(), jax.process_count(), jax.process_index())


def is_of_others(error: Exception) -> bool:
    """Does it tell of a process that cannot be reached? (JAX has no type of its own for that.)"""
    return any(word in str(error) for word in ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "oordination"))


def leave(error: Exception) -> None:
    """If this is one of several processes, say why and end at once: JAX would wait for the others at the end."""
    if any(os.environ.get(name) for name in VARIABLES):
        print(f"Error: {error}" if isinstance(error, BadInput) else traceback.format_exc(), file=sys.stderr, flush=True)
        os._exit(1)


@contextmanager
def alone():
    """Inside the block this process computes for itself, with models that were built outside of a team's scope."""
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
