"""Several devices train as one would, and several processes go on exactly after one of them has gone."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from colorlab import BadInput, checkpoints, machines
from colorlab.machines import Team
from colorlab.recipe import Recipe
from colorlab.runs import Run

TESTS = os.path.dirname(__file__)
RECIPE = Recipe(depth=2, batch_size=4, epochs=3, steps_per_epoch=3, validation_images=4,
                precision="float32")  # fmt: skip

# `colorlab train tiny -o FOLDER`, perhaps with a small network, where one process sends itself a signal at a step.
TRAINS = """
import functools, json, os, sys
from colorlab import callbacks, cli, training
from colorlab.recipe import RECIPES, Recipe
from making import two_layers

recipe, folder, small, number, step = json.loads(sys.argv[1])
RECIPES["tiny"] = Recipe(**recipe)

class Signalled(callbacks.Show):
    def on_train_batch_begin(self, batch, logs=None):
        if guard.step + 1 == step:
            os.kill(os.getpid(), number)

def guarded(*given):
    global guard
    guard = callbacks.Guard(*given)
    return guard

training.Guard = guarded
if small:
    training.train = functools.partial(training.train, network=two_layers)
if step:
    training.Show = Signalled
cli.main(["train", "tiny", "--dataset", "pocket", "-o", folder])
"""


def command(folder, small, number=0, step=0):
    arguments = json.dumps([asdict(RECIPE), str(folder), small, int(number), step])
    return [sys.executable, "-c", TRAINS, arguments]


@pytest.fixture
def environment(tmp_path_factory):
    """JAX on the processor, compiling quickly; what it has compiled for one process serves the next."""
    cache = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("compiled")),
             "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
             "JAX_DISABLE_MOST_OPTIMIZATIONS": "1", "PYTHONPATH": TESTS}  # fmt: skip
    return {**os.environ, **cache, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}


def two_processes(environment, folder, number=0, step=0, small=False):
    """Train in two, the second of which may send itself a signal. Returns how they ended, and what they said.

    With a small network there are many steps until JAX has told all processes of a SIGTERM.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = environment | dict(zip(machines.VARIABLES, (address, "2", "0"), strict=True))
    signals = (0, 0), (number, step)
    logs = [folder.parent / f"{folder.name}_{each}.log" for each in range(2)]
    processes = []
    try:
        for each, log in enumerate(logs):
            with log.open("w") as file:
                its_own = environment | {machines.VARIABLES[2]: str(each)}
                processes.append(subprocess.Popen(command(folder, small, *signals[each]), env=its_own, stderr=file))
        ended = [process.wait(timeout=600) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return ended, [log.read_text() for log in logs]


def assert_same(run, other):
    for a, b in zip(*(checkpoints.read(each.folder).variables for each in (run, other)), strict=True):
        np.testing.assert_array_equal(a, b)
    for name in set(run.history[0]) - {"seconds", "images_per_second"}:
        assert run.column(name) == other.column(name)
    assert [path.read_bytes() for path in run.pictures] == [path.read_bytes() for path in other.pictures]


def test_two_processes_train_as_one_with_the_doubled_batch(environment, tmp_path):
    one, two = Run(tmp_path / "one"), Run(tmp_path / "two")
    subprocess.run(command(one.folder, small=True), env=environment, check=True, capture_output=True)
    ended, said = two_processes(environment, two.folder, small=True)
    assert ended == [0, 0], said
    (start,) = two.provenance
    assert (start["devices"], start["processes"]) == (2, 2)
    for name in ("loss", "chroma_loss", "scene_loss", "val_chroma_loss"):
        np.testing.assert_allclose(two.column(name), one.column(name), rtol=2e-3)
    np.testing.assert_allclose(two.column("loss")[0], one.column("loss")[0], rtol=1e-5)


@pytest.mark.skipif("COLORLAB_KILLS" not in os.environ, reason="takes minutes: make soak runs it")
def test_two_processes_go_on_exactly_after_one_was_asked_to_stop_or_killed(environment, tmp_path):
    two, stopped, killed = (Run(tmp_path / name) for name in ("two", "stopped", "killed"))
    ended, said = two_processes(environment, two.folder)
    assert ended == [0, 0], said

    ended, said = two_processes(environment, stopped.folder, signal.SIGTERM, 4)
    assert ended == [143, 143], said
    step = checkpoints.read(stopped.folder).step
    assert 4 <= step < 7 and f"stopped after step {step}" in said[0]

    ended, said = two_processes(environment, killed.folder, signal.SIGKILL, 5)
    assert ended == [1, -signal.SIGKILL], said
    assert "process 0 cannot go on with the others" in said[0] and "they go on from step 3" in said[0]
    assert "Traceback" not in said[0]

    for run, reached in ((stopped, step), (killed, 3)):
        ended, said = two_processes(environment, run.folder)
        assert ended == [0, 0], said
        assert [start["from_step"] for start in run.provenance] == [0, reached]
        assert_same(run, two)


MIRRORED = """
import json, sys
import tensorflow
from colorlab import datasets, machines
from colorlab.recipe import Recipe
from colorlab.training import train

processor = tensorflow.config.list_physical_devices("CPU")[0]
tensorflow.config.set_logical_device_configuration(processor, [tensorflow.config.LogicalDeviceConfiguration()] * 2)
recipe = Recipe(**json.loads(sys.argv[1]))
machines._gpus = lambda: ["CPU:0", "CPU:1"]
train(datasets.load("pocket"), recipe, "two")
machines._gpus = lambda: []
train(datasets.load("pocket"), recipe, "one")
"""


def test_two_devices_of_tensorflow_train_as_one_with_the_doubled_batch(tmp_path):
    pytest.importorskip("tensorflow")
    mirrored = [sys.executable, "-c", MIRRORED, json.dumps(asdict(RECIPE))]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(mirrored, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    two, one = Run(tmp_path / "two"), Run(tmp_path / "one")
    assert [run.provenance[0]["devices"] for run in (two, one)] == [2, 1]
    # Batch normalization over halves of a batch, or a batch left out, would show in the first digits.
    np.testing.assert_allclose(two.column("loss"), one.column("loss"), rtol=5e-3)
    np.testing.assert_allclose(two.column("loss")[0], one.column("loss")[0], rtol=1e-3)
    np.testing.assert_allclose(two.column("val_chroma_loss"), one.column("val_chroma_loss"), rtol=5e-3)


def test_a_batch_is_divided_evenly_or_refused():
    parts = [Team(4, 2, number).part(8) for number in range(2)]
    assert [list(range(8))[part] for part in parts] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert Team().part(3) == slice(0, 3)
    with pytest.raises(BadInput, match="batch_size of 6 cannot be divided among 4 devices"):
        Team(4, 2, 0).part(6)


@pytest.mark.parametrize("name", [machines.VARIABLES[0], "TF_CONFIG"])
def test_under_tensorflow_a_setting_for_several_processes_is_refused(monkeypatch, name):
    pytest.importorskip("tensorflow")
    monkeypatch.setenv(name, "127.0.0.1:1")
    with pytest.raises(BadInput, match=f"{name} is set, but several processes train together under JAX only"):
        machines.join()


def test_under_jax_half_a_setting_is_refused(environment):
    program = "from colorlab import machines\nmachines.join()"
    done = subprocess.run([sys.executable, "-c", program], env=environment | {machines.VARIABLES[1]: "2"},
                          capture_output=True, text=True)  # fmt: skip
    assert f"{machines.VARIABLES[1]} is set, but {machines.VARIABLES[0]} is not: set all of" in done.stderr
