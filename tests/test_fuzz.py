"""Damaged files: each kind of file that the program reads is damaged a hundred times, and never ends in a traceback.

The function that reads it returns a result, or raises BadInput in one sentence that names the file. Nothing is left
half-written. `damages.py` says what a damage is, and Hypothesis draws them. `derandomize` makes them the same on every
machine, and a failure prints the smallest damage that shows it. Change EXAMPLES to look further.
"""

import io
import json
import shutil
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
from damages import damages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import USES, folder_of, notebook_at, plain, two_layers, zip_of
from PIL import Image
from variants import VARIANTS

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.course import parameters, runner
from colorlab.data import datasets, packing
from colorlab.data.photographs import read_photograph
from colorlab.data.splits import survey
from colorlab.networks import colorizer, export, pretrained, weights
from colorlab.painting.onnx import OnnxColorizer
from colorlab.reporting import facts, gallery, headline, report
from colorlab.training import checkpoints, search
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run

EXAMPLES = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


NAMES = [f"data set: {name}" for name in ("dataset.json", "images.npy", "labels.npy", "colourless.npy", ".seen.json")]
NAMES += ["CREDITS.csv", "val.txt", "zip", "PNG"]
NAMES += ["recipe.json", "provenance.json", "history.csv", "checkpoint", "journal"]
NAMES += ["weights", "ONNX", "a shipped file", "SHA256SUMS", "notebook", "notebook of format 3", "profile"]
NAMES += ["record in JSON", "record in CSV", "record of errors", "record in NPZ"]


class Kind(NamedTuple):
    """A file to damage, a function that reads it, and whether every change of its bytes must be refused."""

    file: Path
    read: object
    checksum: bool = False


# ---- the files


def _of_data(place):
    photographs = {f"{split}/{scene}/1.png": plain("red") for split in ("train", "val") for scene in ("a", "b")}
    credits = "file,split\n" + "".join(f"{name},{name.split('/')[0]}\n" for name in photographs)
    source = folder_of(place / "source", photographs | {"CREDITS.csv": credits.encode()})
    flat = {"1.png": plain("red"), "val.txt": b"1.png 0\n", "categories.txt": b"/a/abbey 0"}
    labels = folder_of(place / "flat", flat)
    archive = zip_of(place / "photographs.zip", photographs)
    packing.pack([source], place / "set", 16)
    picture = place / "picture.png"
    picture.write_bytes(plain("red", (20, 20)))

    def described():
        header, folder = datasets.header_of(place / "set")
        return packing.describe(header), packing.class_table(header), datasets.load(folder)

    def packed():
        shutil.rmtree(place / "packed", ignore_errors=True)
        packing.pack([archive], place / "packed", 16)
        datasets.load(place / "packed", verify=True)

    names = ("dataset.json", "images.npy", "labels.npy", "colourless.npy", ".seen.json")
    found = {f"data set: {name}": Kind(place / "set" / name, described) for name in names}
    return found | {
        "CREDITS.csv": Kind(source / "CREDITS.csv", lambda: survey([source], None)),
        "val.txt": Kind(labels / "val.txt", lambda: survey([labels], None)),
        "zip": Kind(archive, packed),
        "PNG": Kind(picture, lambda: read_photograph(picture)),
    }


def _of_runs(place):
    run = Run(place / "run")
    run.folder.mkdir()
    start = {"commit": "0", "dataset": {"name": "pocket", "photographs": 4, "digest": "0"}}
    row = {"epoch": 1, "step": 2, "seconds": 0.5, "val_chroma_loss": 9.5, "val_scene_accuracy": 0.5}
    run.write("recipe.json", json.dumps(asdict(Recipe())))
    run.write("provenance.json", json.dumps([start, start | {"network": {"name": "two_layers"}}]))
    run.write_history([row, row | {"epoch": 2}])
    for step in (1, 2):
        state = {"variables": [np.zeros((2, 3)), np.ones(4)], "running": [np.zeros(1)]}
        checkpoints.write(run.folder, checkpoints.Checkpoint(step, [row], 0.1, 2.0, run.identity, **state))
    journal = shutil.copy(paths.RESULTS / "12_next_steps" / "search.jsonl", place / "search.log")
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:40]))

    def opened():
        run.refuse_differences(run.identity, run.identity)
        return run.history, run.column("val_chroma_loss"), report.Missing(place).tried(report._row, run, place)

    found = {name: Kind(run.folder / name, opened) for name in ("recipe.json", "provenance.json", "history.csv")}
    return found | {
        "checkpoint": Kind(run.folder / "checkpoint_00000002.npz", lambda: checkpoints.read(run.folder)),
        "journal": Kind(Path(journal), lambda: search.finished(search.opened(journal))),
    }


def _of_networks(place):
    small, shipped = place / "small.weights.h5", place / "shipped"
    weights.save(two_layers(2, 2), small, "ab")
    shipped.mkdir()
    export.export(colorizer.colorizer(2, 2), place / "small.onnx", "ab")
    for name in ("places.onnx", "places.weights.h5"):
        (shipped / name).write_bytes(name.encode())
        (shipped / pretrained.SUMS).open("a").write(f"{pretrained.sha256_of(shipped / name)}  {name}\n")

    def colored():
        return OnnxColorizer(place / "small.onnx").predict_on_batch(np.zeros((1, 128, 128, 1)))["chroma"]

    def checked():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pretrained, "SHIPPED", shipped)
            pretrained.refuse_damaged(pretrained.find_network("places"))

    def loaded():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pretrained, "builder", lambda architecture: two_layers)
            return weights.load(small)

    return {
        "weights": Kind(small, loaded),
        "ONNX": Kind(place / "small.onnx", colored),
        "a shipped file": Kind(shipped / "places.onnx", checked, checksum=True),
        "SHA256SUMS": Kind(shipped / pretrained.SUMS, checked),
    }


def _of_the_course(place):
    notebook, old = notebook_at(place / "new.ipynb", USES), place / "old.ipynb"
    nbformat.write(nbformat.convert(nbformat.read(notebook, 4), 3), old)
    profile = place / "profiles" / "smoke.yaml"
    profile.parent.mkdir()
    profile.write_text("alpha: 1.0  # a weight\nscenes: [sea, hill]\nquick: true\n")

    def prepared(file):
        def prepare():
            shutil.rmtree(place / "prepared", ignore_errors=True)
            nbformat.read(runner.prepare(file, overrides=[("steps", "4")], out=place / "prepared"), 4)

        return prepare

    def chosen():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parameters, "NOTEBOOKS", place)
            runner.prepare(notebook, "smoke", out=place / "prepared")

    return {
        "notebook": Kind(notebook, prepared(notebook)),
        "notebook of format 3": Kind(old, prepared(old)),
        "profile": Kind(profile, chosen),
    }


def _of_records(place):
    results = shutil.copytree(paths.RESULTS, place / "results")

    def said(*wanted):
        def read():
            missing = report.Missing(results)
            found = {one.__name__: missing.tried(one, results) for one in wanted}
            json.dumps(found, default=str)
            if missing.said:
                raise BadInput(missing.said[0])

        return read

    return {
        "record in JSON": Kind(results / "places" / "metrics.json", said(facts.training, facts.alphas)),
        "record in CSV": Kind(results / "places" / "history.csv", said(facts.training, facts.provenance_table)),
        "record of errors": Kind(results / "errors" / "metrics.json", said(headline.metrics_table, headline.headline)),
        "record in NPZ": Kind(results / "pictures" / "answers.npz", said(gallery._record)),
    }


# ---- the test


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """Name -> Kind, for every file that the program reads."""
    place = tmp_path_factory.mktemp("fuzz")
    makers = (_of_data, _of_runs, _of_networks, _of_the_course, _of_records)
    return {name: kind for make in makers for name, kind in make(place).items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_read_or_refused_in_one_sentence(kinds, name):
    file, read, checksum = kinds[name]
    whole = file.read_bytes()
    read()
    before = names_in(file.parent)

    @EXAMPLES
    @given(damages(file.name))
    def example(damage):
        content = damage.of(whole)
        file.write_bytes(content)
        with warnings.catch_warnings(action="ignore"):
            try:
                read()
                assert not checksum or content == whole
            except BadInput as refused:
                said = str(refused)
                assert any(name in said for name in (file.name, file.parent.name, "a record is malformed"))
                assert "\n" not in said and len(said) < 1000
        assert names_in(file.parent) == before

    try:
        example()
    finally:
        file.write_bytes(whole)


def test_a_damaged_photograph_of_any_kind_is_read_or_refused_in_one_sentence(tmp_path):
    photo, files = Image.linear_gradient("L").resize((48, 32)).convert("RGB"), {}
    for variant in VARIANTS:
        path = tmp_path / f"photo{variant.suffix}"
        variant.make(path, photo)
        files[variant.what] = path.name, path.read_bytes()

    @settings(EXAMPLES, max_examples=500)
    @given(st.sampled_from(sorted(files)), damages("photo"))
    def example(what, damage):
        name, whole = files[what]
        with warnings.catch_warnings(action="ignore"):
            try:
                assert read_photograph(name, io.BytesIO(damage.of(whole))).mode in ("L", "RGB", "RGBA")
            except BadInput as refused:
                assert name in str(refused) and "\n" not in str(refused)

    example()


def names_in(folder):
    """All files of a folder, but for those that are made anew each time."""
    return {file for file in folder.rglob("*") if not {"packed", "prepared"} & set(file.parts)}


def test_every_kind_of_file_is_damaged(kinds):
    assert set(kinds) == set(NAMES)
