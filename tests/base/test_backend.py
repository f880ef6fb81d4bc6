"""The same code trains under JAX, both backends read each other's weights, and importing them is silent."""

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from making import run_python

from colorlab.base import paths
from colorlab.base.backend import keras, native_output_dropped
from colorlab.data import batches, datasets
from colorlab.training.runs import Run

ON_JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
# Compiling takes most of the time of a training this small, and optimizations half of that.
QUICKLY = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}

UNDER_JAX = """
import json, signal, sys
from dataclasses import replace
import numpy as np
from colorlab.base.backend import keras
from colorlab.data import datasets
from colorlab.networks import weights
from colorlab.training import checkpoints
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from making import SignalAtStep, two_layers

theirs, recipe, folder = sys.argv[1:]
recipe = Recipe(**json.loads(recipe))
pocket = datasets.load("pocket")
lightness = np.load(folder + "/lightness.npy")
np.save(folder + "/predicted.npy", weights.load(theirs)[0].predict_on_batch(lightness)["chroma"])
run = train(pocket, recipe, folder + "/run")
ours = run.model("last")
np.save(folder + "/trained.npy", ours.predict_on_batch(lightness)["chroma"])

recipe = replace(recipe, average=0.9)
whole = train(pocket, recipe, folder + "/whole", network=two_layers)  # compiles in a fifth of the time
try:
    train(pocket, recipe, folder + "/stopped", network=two_layers, callbacks=[SignalAtStep(signal.SIGTERM, 5)])
except SystemExit as stopped:
    print(stopped)
again = train(pocket, recipe, folder + "/stopped", network=two_layers)
pairs = zip(*(checkpoints.read(each.folder).variables for each in (whole, again)), strict=True)
same = all(np.array_equal(a, b) for a, b in pairs) and whole.column("loss") == again.column("loss")
print(json.dumps({"backend": keras.backend.backend(), "loss": run.column("chroma_loss"), "same": same}))
"""


def test_jax_trains_and_exchanges_weights_with_tensorflow(tiny_run, pocket, tmp_path):
    val = pocket.split("val")
    lightness, _ = batches.encoded(datasets.centre(val)[:4], val.labels[:4])
    np.save(tmp_path / "lightness.npy", lightness)
    theirs = str(tiny_run.folder / "last.weights.h5")
    finished = run_python(UNDER_JAX, theirs, json.dumps(tiny_run.recipe), tmp_path, **ON_JAX, **QUICKLY)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout.splitlines()[-1])
    assert (keras.backend.backend(), report["backend"]) == ("tensorflow", "jax")

    # JAX reads what TensorFlow trained, and TensorFlow what JAX trained.
    expected = tiny_run.model("last").predict_on_batch(lightness)["chroma"]
    assert np.abs(np.load(tmp_path / "predicted.npy") - expected).max() < 1e-4
    trained = Run(tmp_path / "run").model("last").predict_on_batch(lightness)["chroma"]
    assert np.abs(np.load(tmp_path / "trained.npy") - trained).max() < 1e-4

    # A run that was asked to stop in the middle of an epoch resumes bit by bit, too.
    assert "stopped after step 5" in finished.stdout and report["same"]

    # They start from other random numbers, but they learn: the loss falls.
    assert report["loss"][-1] < report["loss"][0]


def test_colors_are_the_same_under_jax():
    """The tests of the colour conversion, run again on JAX's tensors."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_color.py"]
    finished = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ON_JAX}, cwd=paths.ROOT)
    assert finished.returncode == 0, finished.stdout


# ---- silence


def test_native_output_is_dropped_inside_the_block_only(capfd):
    os.write(2, b"before\n")
    with native_output_dropped():
        os.write(2, b"TensorFlow announces itself\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "before\nafter\n"


def test_what_python_raises_gets_through_and_the_output_comes_back(capfd):
    with pytest.raises(ImportError, match="no keras"), native_output_dropped():
        os.write(2, b"TensorFlow announces itself\n")
        raise ImportError("no keras")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_without_a_standard_error_there_is_nothing_to_drop(monkeypatch):
    def closed(descriptor):
        raise OSError(errno.EBADF, "Bad file descriptor")

    ran = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "dup", closed)
        with native_output_dropped():
            ran.append(True)
    assert ran
