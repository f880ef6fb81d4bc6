"""What several test files make: small sources of photographs, cells of notebooks, a small network, processes, runs."""

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import h5py
import nbformat
import numpy as np
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from colorlab.base.backend import keras
from colorlab.base.paths import DATA
from colorlab.networks import layers
from colorlab.training import checkpoints

# ---- photographs, and what they come in

POCKET = DATA / "pocket"
PHOTO = (POCKET / "animal" / "cat.jpg").read_bytes()
SIZE = 32  # pixels a side: enough to tell photographs apart, and quick


def plain(color, size=(80, 80), mode="RGB", kind="PNG", **options):
    """The bytes of an image of one colour."""
    file = io.BytesIO()
    Image.new(mode, size, color).save(file, kind, **options)
    return file.getvalue()


def folder_of(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def zip_of(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tar_of(path, files):
    with tarfile.open(path, {".gz": "w:gz", ".tgz": "w:gz"}.get(path.suffix, "w")) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def packed(path):
    """Header, images, labels, colourless of a packed data set."""
    arrays = [np.load(path / f"{part}.npy") for part in ("images", "labels", "colourless")]
    return json.loads((path / "dataset.json").read_text()), *arrays


# ---- notebooks

PARAMETERS = """\
alpha: float = 5.0  # weight of the scene loss
steps: int = 3  # how many
scenes: list[str] = ["beach"]  # which
quick: bool = False  # leave out what takes long
title = "one"  # no annotation: its type is that of the value
"""
USES = "print(alpha, steps, scenes, quick, title)"
PROFILES = ("smoke", "cpu", "gpu")  # those of the course


def cell(source, tag=None):
    return new_code_cell(source, metadata={"tags": [tag]} if tag else {})


def notebook_at(path, *sources, parameters=PARAMETERS):
    """Write a notebook: its title, its parameters, and a cell for each source."""
    cells = [new_markdown_cell("# A notebook"), cell(parameters, "parameters"), *map(cell, sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def sources_of(path):
    """The sources of a notebook's code cells."""
    return [each.source for each in nbformat.read(path, as_version=4).cells if each.cell_type == "code"]


# ---- networks and processes


def two_layers(depth, scenes):
    """A colorizer of two layers: it trains quickly, and most of a run's time goes into what it keeps."""
    lightness = keras.Input((128, 128, 1), name="lightness")
    features = layers.convolution(lightness, depth, "low_level_1", stride=2)
    logits = keras.layers.Conv2D(2, 3, padding="same", name="colorization_5")(features)
    chroma = keras.layers.Activation("sigmoid", dtype="float32", name="chroma")(logits)
    scene = keras.layers.Dense(scenes, dtype="float32", name="scene")(keras.layers.GlobalAveragePooling2D()(features))
    return keras.Model(lightness, {"chroma": chroma, "scene": scene})


class SignalAtStep(keras.callbacks.Callback):
    """Sends this process a signal when a step begins: the step of this number, from 1, that the callback sees."""

    def __init__(self, number, step):
        super().__init__()
        self.number, self.steps_left = number, step

    def on_train_batch_begin(self, batch, logs=None):
        self.steps_left -= 1
        if self.steps_left == 0:
            os.kill(os.getpid(), self.number)


def run_python(program, *arguments, cwd=None, **environment):
    """Run a program in a process of its own, where it can import this file. Return what it printed and how it ended."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), **environment}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def as_trained(model):
    """The model, its batch normalizations no longer as they start: they do something, as those of a trained one."""
    random = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    return model


# ---- runs

TIMING = {"seconds", "images_per_second"}


def assert_same_numbers(run, other):
    """Two runs ended with the same bits in checkpoint and history, but for the clock's."""
    one, two = (checkpoints.read(each.folder) for each in (run, other))
    for a, b in zip(one.variables, two.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    histories = [
        [{name: value for name, value in row.items() if name not in TIMING} for row in history]
        for history in (run.history, other.history, one.history, two.history)
    ]
    assert histories == [histories[0]] * 4
    assert [path.read_bytes() for path in run.pictures] == [path.read_bytes() for path in other.pictures]


def assert_same(run, other):
    """Two runs left the same bits in all files, but for the clock's, and the step of the checkpoint before the last."""
    assert_same_numbers(run, other)
    names = [sorted(str(path.relative_to(each.folder)) for path in each.folder.rglob("*")) for each in (run, other)]
    checkpoint_before = [checkpoints.found(each.folder)[1].name for each in (run, other)]
    assert set(names[0]) - {checkpoint_before[0]} == set(names[1]) - {checkpoint_before[1]}
    for which in ("best", "last"):
        digests = [h5py.File(each.folder / f"{which}.weights.h5").attrs["sha256"] for each in (run, other)]
        assert digests[0] == digests[1]
