"""Data sets: the shipped photographs are ready to use, and a packed data set is read only if it is whole."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.data import datasets


def test_pocket_needs_no_step(pocket):
    assert {name: len(pocket.split(name)) for name in pocket.splits} == {"train": 138, "val": 23, "test": 23}
    assert pocket.images.shape == (184, 144, 144, 3) and pocket.images.dtype == np.uint8
    assert pocket.classes == ("animal", "energy", "fish", "household", "monument", "tool", "windmill")
    assert datasets.load("pocket").digest == pocket.digest


def test_a_split_is_a_view(pocket):
    val = pocket.split("val")
    assert len(val) == 23 and val.name == "pocket/val"
    assert np.shares_memory(val.images, pocket.images)
    np.testing.assert_array_equal(val.images[0], pocket.images[138])


def test_the_two_halves_part_every_scene_by_the_numbers_of_its_photographs(pocket):
    mixed = replace(
        pocket, labels=np.array([0, 1, 0, 0, 1, 0, 2]), images=pocket.images[:7], colorless=np.arange(7) < 3
    )
    assert mixed.numbers.tolist() == [0, 0, 1, 2, 1, 3, 0]
    choose, report = mixed.half("choose"), mixed.half("report")
    assert (choose.name, report.name) == ("pocket/choose", "pocket/report")
    np.testing.assert_array_equal(choose.images, mixed.images[[0, 1, 3, 6]])  # numbers 0, 0, 2 and 0 of their scenes
    np.testing.assert_array_equal(report.images, mixed.images[[2, 4, 5]])
    assert choose.labels.tolist() == [0, 1, 0, 2] and report.colorless.tolist() == [True, False, False]
    assert len(report.split("report")) == 3 and report.digest == pocket.digest
    with pytest.raises(BadInput, match="no half 'odd', only: choose, report"):
        mixed.half("odd")


@pytest.mark.parametrize("name", ["nowhere", "/nowhere/at/all"])
def test_an_unknown_data_set_is_refused_with_the_remedy(name):
    with pytest.raises(BadInput, match="colorlab data pack"):
        datasets.load(name)


def test_packed_data_sets_may_lie_elsewhere(packed, monkeypatch):
    monkeypatch.setenv("COLORLAB_PACKED", str(packed.parent))
    program = f"from colorlab.data import datasets; print(datasets.load({packed.name!r}).digest)"
    digest = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert digest.strip() == datasets.load(packed).digest


def test_a_damaged_photograph_that_ships_is_named(monkeypatch, tmp_path):
    shutil.copytree(DATA / "pocket", tmp_path / "pocket")
    cat = tmp_path / "pocket" / "animal" / "cat.jpg"
    cat.write_bytes(cat.read_bytes()[:4000])
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(BadInput, match=f"{cat} cannot be used .*: get it from the project again"):
        datasets.load("pocket")


def test_an_unknown_split_is_refused(pocket):
    with pytest.raises(BadInput, match="no split 'valid', only: train, val, test"):
        pocket.split("valid")


def test_the_mean_color_is_that_of_the_photographs_with_color(pocket):
    val = pocket.split("val")
    val = replace(val, colorless=np.arange(23) < 5)
    _, chroma = color.encode(datasets.centre(val)[5:])
    np.testing.assert_allclose(datasets.mean_color(val), chroma.mean(axis=(0, 1, 2), dtype="float64"), atol=1e-6)


def test_chroma_comes_in_batches_of_photographs_spread_over_the_data_set(pocket):
    some = list(datasets.chroma_of(pocket, 40))
    assert [len(one) for one in some] == [20, 20]
    chosen = datasets.evenly_spaced(184, 40)
    assert len(chosen) == 40 and (chosen[0], chosen[-1]) == (0, 183) and set(np.diff(chosen)) == {4, 5}
    _, chroma = color.encode(datasets.centre(pocket)[chosen])
    np.testing.assert_array_equal(np.concatenate(some), chroma)


def test_a_packed_data_set_is_memory_mapped(packed):
    dataset = datasets.load(packed)
    assert isinstance(dataset.images, np.memmap) and dataset.images.shape == (184, 128, 128, 3)
    assert len(dataset.split("test")) == 23


def _cut(folder):
    images = folder / "images.npy"
    images.write_bytes(images.read_bytes()[:100_000])


def _other_format(folder):
    header = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**header, "format": 99}))


def _without(key):
    def damage(folder):
        header = json.loads((folder / "dataset.json").read_text())
        del header[key]
        (folder / "dataset.json").write_text(json.dumps(header))

    return damage


DAMAGE = {f"header without {key}": _without(key) for key in ("counts", "photographs", "skipped", "name")}
DAMAGE |= {
    "truncated images": _cut,
    "images missing": lambda folder: (folder / "images.npy").unlink(),
    "too few labels": lambda folder: np.save(folder / "labels.npy", np.zeros(3, "int32")),
    "header cut short": lambda folder: (folder / "dataset.json").write_text('{"format": 1,'),
    "another format": _other_format,
    "images of another shape": lambda folder: np.save(folder / "images.npy", np.zeros((184, 5), "uint8")),
    "header without classes": lambda folder: (folder / "dataset.json").write_text('{"format": 1, "size": 128}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_data_set_is_refused_by_name(packed, damage):
    DAMAGE[damage](packed)
    with pytest.raises(BadInput, match=f"{packed.name} is not a usable packed data set .* pack it again"):
        datasets.load(packed)
