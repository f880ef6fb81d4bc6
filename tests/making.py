"""Small sources of photographs, cells of notebooks, a small network, how two runs compare: for several test files."""

import io
import json
import tarfile
import zipfile

import h5py
import numpy as np
from nbformat.v4 import new_code_cell
from PIL import Image

from colorlab import checkpoints, networks
from colorlab.backend import keras
from colorlab.datasets import DATA

# ---- photographs, and what they come in

POCKET = DATA / "pocket"
PHOTO = (POCKET / "animal" / "cat.jpg").read_bytes()
SIZE = 32  # pixels a side: enough to tell photographs apart, and quick


def plain(colour, size=(80, 80), mode="RGB", kind="PNG", **options):
    """The bytes of an image of one colour."""
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind, **options)
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
PROFILES = ("smoke", "cpu", "gpu")  # that the course comes with


def cell(source, tag=None):
    return new_code_cell(source, metadata={"tags": [tag]} if tag else {})


# ---- a network


def two_layers(depth, scenes):
    """A colorizer with the fewest layers: most of the time of a run goes into what it keeps, where kills matter."""
    lightness = keras.Input((128, 128, 1), name="lightness")
    features = networks.convolution(lightness, depth, "low_level_1", stride=2)
    logits = keras.layers.Conv2D(2, 3, padding="same", name="colorization_5")(features)
    chroma = keras.layers.Activation("sigmoid", dtype="float32", name="chroma")(logits)
    scene = keras.layers.Dense(scenes, dtype="float32", name="scene")(keras.layers.GlobalAveragePooling2D()(features))
    return keras.Model(lightness, {"chroma": chroma, "scene": scene})


# ---- runs

TIMING = {"seconds", "images_per_second"}


def assert_same(run, other):
    """The same bits in all that a run leaves, but for the clock's, and the step of the checkpoint before the last."""
    one, two = (checkpoints.read(each.folder) for each in (run, other))
    for a, b in zip(one.variables, two.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    histories = [
        [{name: value for name, value in row.items() if name not in TIMING} for row in history]
        for history in (run.history, other.history, one.history, two.history)
    ]
    assert histories == [histories[0]] * 4
    names = [sorted(str(path.relative_to(each.folder)) for path in each.folder.rglob("*")) for each in (run, other)]
    checkpoint_before = [checkpoints.found(each.folder)[1].name for each in (run, other)]
    assert set(names[0]) - {checkpoint_before[0]} == set(names[1]) - {checkpoint_before[1]}
    assert [path.read_bytes() for path in run.pictures] == [path.read_bytes() for path in other.pictures]
    for which in ("best", "last"):
        digests = [h5py.File(each.folder / f"{which}.weights.h5").attrs["sha256"] for each in (run, other)]
        assert digests[0] == digests[1]
