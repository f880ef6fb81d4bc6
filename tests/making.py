"""Small sources of photographs, and cells of notebooks, that several test files make."""

import io
import json
import tarfile
import zipfile

import numpy as np
from nbformat.v4 import new_code_cell
from PIL import Image

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
