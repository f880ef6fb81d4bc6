"""Data sets and batches: the shipped photographs, and an order that is a pure function of (seed, step)."""

import itertools
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from colorlab import BadInput, color, datasets


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


@pytest.mark.parametrize("name", ["nowhere", "/nowhere/at/all"])
def test_an_unknown_data_set_is_refused_with_the_remedy(name):
    with pytest.raises(BadInput, match="colorlab data pack"):
        datasets.load(name)


def test_packed_data_sets_may_lie_elsewhere(packed, monkeypatch):
    monkeypatch.setenv("COLORLAB_PACKED", str(packed.parent))
    program = f"from colorlab import datasets; print(datasets.load({packed.name!r}).digest)"
    digest = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert digest.strip() == datasets.load(packed).digest


def test_an_unknown_split_is_refused(pocket):
    with pytest.raises(BadInput, match="no split 'valid', only: train, val, test"):
        pocket.split("valid")


def test_moving_a_crop_mirrors_the_edge():
    image = np.arange(130 * 132, dtype="int64").reshape(130, 132, 1)
    np.testing.assert_array_equal(datasets.crop(image), image[1:129, 2:130])
    moved = datasets.crop(image, down=3, right=-4)
    np.testing.assert_array_equal(moved[:126, 2:], image[4:130, 0:126])  # what is inside is only moved
    np.testing.assert_array_equal(moved[126:, 2:], image[[128, 127], 0:126])  # below the last row: mirrored
    np.testing.assert_array_equal(moved[:126, :2], image[4:130, [2, 1]])


def test_a_batch_is_a_pure_function_of_seed_and_step(pocket):
    train = pocket.split("train")
    arguments = dict(size=6, seed=3, shift=8, mirror=True)
    first, again = (datasets.batch(train, 40, **arguments) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1]["chroma"], again[1]["chroma"])
    for other in ({"step": 41}, {"seed": 4}):
        lightness, _ = datasets.batch(train, **{"step": 40, **arguments, **other})
        assert not np.array_equal(first[0], lightness)


def test_batches_start_anywhere(pocket):
    train = pocket.split("train")
    from_start = list(itertools.islice(datasets.batches(train, 4, seed=0, shift=4), 9))
    from_middle = list(itertools.islice(datasets.batches(train, 4, seed=0, start=5, shift=4), 4))
    for (a, _), (b, _) in zip(from_start[5:], from_middle, strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_photograph_is_seen_once_before_any_is_seen_again(pocket):
    """With photographs that are one grey each, the lightness says which is which."""
    train = pocket.split("train")  # 138 = 6 x 23
    greys = np.arange(138, dtype="uint8")[:, None, None, None]
    greys = replace(train, images=np.broadcast_to(greys, train.images.shape))

    def visited(first):
        batches = (datasets.batch(greys, step, size=6, seed=0)[0] for step in range(first, first + 23))
        return [float(image[0, 0, 0]) for batch in batches for image in batch]

    passes = visited(0), visited(23)
    assert len(set(passes[0])) == 138
    assert sorted(passes[0]) == sorted(passes[1])
    assert passes[0] != passes[1]


def only(dataset, index):
    """The data set as if all but one of its photographs were colourless: each batch shows that one again and again."""
    return replace(dataset, colourless=np.arange(len(dataset)) != index)


def test_half_of_the_photographs_are_mirrored_left_to_right_and_none_without_being_asked(pocket):
    train = pocket.split("train")
    original = color.encode(datasets.crop(train.images[77]))[0]

    def mirrored(mirror):
        lightness, _ = datasets.batch(only(train, 77), 3, size=60, seed=0, mirror=mirror)
        flipped = (lightness == original[:, ::-1]).all(axis=(1, 2, 3))
        assert (flipped | (lightness == original).all(axis=(1, 2, 3))).all()
        return flipped.mean()

    assert mirrored(False) == 0
    assert 0.3 < mirrored(True) < 0.7


def test_each_step_moves_its_photographs_anew(pocket):
    train = only(pocket.split("train"), 77)
    steps = [datasets.batch(train, step, size=4, seed=0, shift=8)[0] for step in (3, 4)]
    assert not np.array_equal(*steps)
    assert not np.array_equal(steps[0][0], steps[0][1])  # nor are those of one batch moved together


def test_what_a_batch_looks_like(pocket):
    lightness, targets = datasets.batch(pocket.split("train"), 0, size=5, seed=0, shift=8, mirror=True)
    assert lightness.shape == (5, 128, 128, 1) and lightness.dtype == np.float32
    assert targets["chroma"].shape == (5, 64, 64, 2) and targets["chroma"].dtype == np.float32
    assert targets["scene"].shape == (5,) and set(targets["scene"]) <= set(range(7))


def test_colourless_photographs_are_not_learned_from(pocket):
    train = pocket.split("train")
    lightness, targets = datasets.batch(only(train, 77), 3, size=4, seed=0)
    np.testing.assert_array_equal(lightness, np.repeat(lightness[:1], 4, axis=0))
    assert set(targets["scene"]) == {train.labels[77]}
    with pytest.raises(BadInput, match="no photograph with colour"):
        datasets.batch(replace(train, colourless=np.ones(138, bool)), 0, size=4, seed=0)


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


DAMAGE = {
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
