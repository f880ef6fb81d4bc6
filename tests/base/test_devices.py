"""Several devices train as one would, and several processes resume exactly after one of them has gone."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from making import assert_same_numbers, run_python

from colorlab.base import devices
from colorlab.base.devices import DeviceMesh
from colorlab.base.errors import BadInput
from colorlab.training import checkpoints
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run

AT_LENGTH = "COLORLAB_KILLS" in os.environ  # by `make soak`
TESTS = str(Path(__file__).parents[1])  # where making.py is
RECIPE = Recipe(depth=2, batch_size=4, epochs=3, steps_per_epoch=3, validation_images=4,
                precision="float32")  # fmt: skip

# `colorlab train tiny -o FOLDER`, perhaps with a small network, where one process sends itself a signal at a step.
TRAINS = """
import json, sys
from colorlab.cli.main import main
from colorlab.training import compile, loop
from colorlab.training.recipe import RECIPES, Recipe
from making import SignalAtStep, two_layers

recipe, folder, small, number, step = json.loads(sys.argv[1])
RECIPES["tiny"] = Recipe(**recipe)
if small:
    compile.colorizer = two_layers
if step:  # in place of the progress, which each process has
    loop.ShowProgress = lambda progress: SignalAtStep(number, step)
main(["train", "tiny", "--dataset", "pocket", "-o", folder])
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
    """Train in two processes. The second may send itself a signal. Returns how they ended, and what they said.

    With a small network there are many steps until JAX has told all processes of a SIGTERM.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = environment | dict(zip(devices.VARIABLES, (address, "2", "0"), strict=True))
    signals = (0, 0), (number, step)
    logs = [folder.parent / f"{folder.name}_{each}.log" for each in range(2)]
    processes = []
    try:
        for each, log in enumerate(logs):
            with log.open("w") as file:
                its_own = environment | {devices.VARIABLES[2]: str(each)}
                processes.append(subprocess.Popen(command(folder, small, *signals[each]), env=its_own, stderr=file))
        ended = [process.wait(timeout=600) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return ended, [log.read_text() for log in logs]


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


@pytest.mark.skipif(not AT_LENGTH, reason="takes minutes: make soak runs it")
def test_two_processes_resume_exactly_after_one_was_asked_to_stop_or_killed(environment, tmp_path):
    two, stopped, killed = (Run(tmp_path / name) for name in ("two", "stopped", "killed"))
    ended, said = two_processes(environment, two.folder)
    assert ended == [0, 0], said

    ended, said = two_processes(environment, stopped.folder, signal.SIGTERM, 4)
    assert ended == [143, 143], said
    step = checkpoints.read(stopped.folder).step
    assert 4 <= step < 9 and f"stopped after step {step}" in said[0]

    ended, said = two_processes(environment, killed.folder, signal.SIGKILL, 5)
    assert ended == [1, -signal.SIGKILL], said
    assert "process 0 cannot continue without the others" in said[0] and "they resume from step 3" in said[0]
    assert "Traceback" not in said[0]

    for run, reached in ((stopped, step), (killed, 3)):
        ended, said = two_processes(environment, run.folder)
        assert ended == [0, 0], said
        assert [start["from_step"] for start in run.provenance] == [0, reached]
        assert_same_numbers(run, two)


MIRRORED = """
import json, sys
import tensorflow
from colorlab.base import devices
from colorlab.data import datasets
from colorlab.networks.colorizer import colorizer
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from making import two_layers

network = two_layers if sys.argv[2] == "small" else colorizer
processor = tensorflow.config.list_physical_devices("CPU")[0]
tensorflow.config.set_logical_device_configuration(processor, [tensorflow.config.LogicalDeviceConfiguration()] * 2)
recipe = Recipe(**json.loads(sys.argv[1]))
devices._gpus = lambda: ["CPU:0", "CPU:1"]
train(datasets.load("pocket"), recipe, "two", network)
devices._gpus = lambda: []
train(datasets.load("pocket"), recipe, "one", network)
"""


def test_two_devices_of_tensorflow_train_as_one_with_the_doubled_batch(tmp_path):
    """With two layers, whose batch normalization is that of all; `make soak` takes the network itself."""
    pytest.importorskip("tensorflow")
    network = "whole" if AT_LENGTH else "small"
    done = run_python(MIRRORED, json.dumps(asdict(RECIPE)), network, cwd=tmp_path, KERAS_BACKEND="tensorflow")
    assert done.returncode == 0, done.stderr
    two, one = Run(tmp_path / "two"), Run(tmp_path / "one")
    assert [run.provenance[0]["devices"] for run in (two, one)] == [2, 1]
    # Batch normalization over halves of a batch, or a batch left out, would show in the first digits.
    np.testing.assert_allclose(two.column("loss"), one.column("loss"), rtol=5e-3)
    np.testing.assert_allclose(two.column("loss")[0], one.column("loss")[0], rtol=1e-3)
    np.testing.assert_allclose(two.column("val_chroma_loss"), one.column("val_chroma_loss"), rtol=5e-3)


def test_a_batch_is_divided_evenly_or_refused():
    parts = [DeviceMesh(4, 2, number).part(8) for number in range(2)]
    assert [list(range(8))[part] for part in parts] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert DeviceMesh().part(3) == slice(0, 3)
    with pytest.raises(BadInput, match="batch_size of 6 cannot be divided among 4 devices"):
        DeviceMesh(4, 2, 0).part(6)


@pytest.mark.parametrize("name", [devices.VARIABLES[0], "TF_CONFIG"])
def test_under_tensorflow_a_setting_for_several_processes_is_refused(monkeypatch, name):
    pytest.importorskip("tensorflow")
    monkeypatch.setenv(name, "127.0.0.1:1")
    with pytest.raises(BadInput, match=f"{name} is set, but several processes train together under JAX only"):
        devices.join()


def test_under_jax_half_a_setting_is_refused(environment):
    program = "from colorlab.base import devices\ndevices.join()"
    done = run_python(program, **environment | {devices.VARIABLES[1]: "2"})
    assert f"{devices.VARIABLES[1]} is set, but {devices.VARIABLES[0]} is not: set all of" in done.stderr
