"""The wheel alone colours: without a checkout, and with no package but those that it requires."""

import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata

import numpy as np
import pytest
from packaging.requirements import Requirement
from PIL import Image

from colorlab.base.paths import DATA, ROOT
from colorlab.painting.network import load

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CHINA = DATA / "gallery" / "china.jpg"


def required(names):
    """The packages that must be installed for these, with those that they need."""
    found, left = set(), list(names)
    while left:
        name = left.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            needs = map(Requirement, metadata.requires(name) or [])
            left += [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture(scope="module")
def colorlab(tmp_path_factory):
    """Runs `colorlab` from the wheel, in an empty folder, in a Python that sees the required packages and no other."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    zipfile.ZipFile(wheel).extractall(site)
    for name in required(Requirement(text).name for text in PROJECT["dependencies"]):
        for file in metadata.files(name):
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (site / top).exists():
                (site / top).symlink_to(
                    file.locate().parents[len(file.parts) - 2] if len(file.parts) > 1 else file.locate()
                )
    (folder / "empty").mkdir()
    program = f"import sys; sys.path.insert(0, {str(site)!r}); from colorlab.cli.main import main; main()"

    def run(*arguments):
        command = [sys.executable, "-S", "-I", "-c", program, *map(str, arguments)]
        return subprocess.run(command, cwd=folder / "empty", capture_output=True, text=True)

    run.folder = folder / "empty"
    return run


def test_it_colors_photographs_as_here(colorlab):
    done = colorlab("colorize", CHINA, "-o", "out")
    assert done.returncode == 0, done.stderr
    with Image.open(colorlab.folder / "out" / "china.jpg") as there, Image.open(CHINA) as photograph:
        here = load().colorize(photograph)
        assert np.abs(np.asarray(there).astype(int) - np.asarray(here)).mean() < 1  # it went through JPEG


def test_strokes_segments_and_packing_need_no_more(colorlab):
    with Image.open(CHINA) as photograph:
        layer = Image.new("RGBA", photograph.size)
    layer.paste("#a05028", (20, 20, 200, 30))
    layer.save(colorlab.folder / "strokes.png")
    for command in (
        ("scribble", CHINA, "strokes.png", "--hints", "-o", "scribbled.jpg"),
        ("segment", CHINA, "-o", "tinted.jpg", "--palette", "#2f3b22,#8a7a5c,#b9cfe6"),
        ("data", "pack", DATA / "gallery", "-o", "packed"),
        ("data", "info", "packed"),
    ):
        done = colorlab(*command)
        assert done.returncode == 0, (command, done.stderr)


@pytest.mark.parametrize(
    ("command", "package"),
    [
        (("evaluate", "packed"), "skimage"),
        (("train", "places"), ""),
        (("run", "09"), "nbformat"),
        (("report",), "matplotlib"),
        (("data", "fetch"), "pooch"),
        (("export", "places", "-o", "x.onnx"), "onnx"),
        (("segment", CHINA, "-o", "cut.jpg", "--palette", "#2f3b22,#8a7a5c", "--method", "otsu"), "skimage"),
    ],
)
def test_what_needs_more_says_what_brings_it(colorlab, command, package):
    done = colorlab(*command)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    if package:
        assert f'this needs the package {package}: pip install ".[course,cpu]"' in done.stderr
