"""Batches: their order and their augmentation depend on the seed and the step alone."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.data.batches import Sampling, batch, crop, drawn, stream, validated


def test_moving_a_crop_mirrors_the_edge():
    image = np.arange(130 * 132, dtype="int64").reshape(130, 132, 1)
    np.testing.assert_array_equal(crop(image), image[1:129, 2:130])
    moved = crop(image, down=3, right=-4)
    np.testing.assert_array_equal(moved[:126, 2:], image[4:130, 0:126])  # what is inside is only moved
    np.testing.assert_array_equal(moved[126:, 2:], image[[128, 127], 0:126])  # below the last row: mirrored
    np.testing.assert_array_equal(moved[:126, :2], image[4:130, [2, 1]])


def test_a_batch_is_a_pure_function_of_seed_and_step(pocket):
    train = pocket.split("train")
    sampling = Sampling(size=6, seed=3, shift=8, mirror=True)
    first, again = (batch(train, 40, sampling) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1]["chroma"], again[1]["chroma"])
    for other in (batch(train, 41, sampling), batch(train, 40, replace(sampling, seed=4))):
        assert not np.array_equal(first[0], other[0])


def test_a_batch_may_lie_in_two_epochs():
    sampling = Sampling(size=4, seed=3)
    orders = [np.random.default_rng((3, epoch)).permutation(10) for epoch in (0, 1)]
    np.testing.assert_array_equal(drawn(10, 2, sampling), [*orders[0][8:], *orders[1][:2]])


def test_batches_start_anywhere(pocket):
    train = pocket.split("train")
    sampling = Sampling(size=4, seed=0, shift=4)
    from_start = list(itertools.islice(stream(train, sampling), 9))
    from_middle = list(itertools.islice(stream(train, sampling, start=5), 4))
    for (a, _), (b, _) in zip(from_start[5:], from_middle, strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_photograph_is_seen_once_before_any_is_seen_again(pocket):
    """With photographs that are one grey each, the lightness says which is which."""
    train = pocket.split("train")  # 138 = 6 x 23
    greys = np.arange(138, dtype="uint8")[:, None, None, None]
    greys = replace(train, images=np.broadcast_to(greys, train.images.shape))

    def visited(first):
        steps = range(first, first + 23)
        return [float(image[0, 0, 0]) for step in steps for image in batch(greys, step, Sampling(size=6, seed=0))[0]]

    passes = visited(0), visited(23)
    assert len(set(passes[0])) == 138
    assert sorted(passes[0]) == sorted(passes[1])
    assert passes[0] != passes[1]


def only(dataset, index):
    """The data set as if all but one of its photographs were colourless: each batch shows that one again and again."""
    return replace(dataset, colorless=np.arange(len(dataset)) != index)


def test_half_of_the_photographs_are_mirrored_left_to_right_and_none_without_being_asked(pocket):
    train = pocket.split("train")
    original = color.encode(crop(train.images[77]))[0]

    def mirrored(mirror):
        lightness, _ = batch(only(train, 77), 3, Sampling(size=60, seed=0, mirror=mirror))
        flipped = (lightness == original[:, ::-1]).all(axis=(1, 2, 3))
        assert (flipped | (lightness == original).all(axis=(1, 2, 3))).all()
        return flipped.mean()

    assert mirrored(False) == 0
    assert 0.3 < mirrored(True) < 0.7


def test_each_step_moves_its_photographs_anew(pocket):
    train = only(pocket.split("train"), 77)
    steps = [batch(train, step, Sampling(size=4, seed=0, shift=8))[0] for step in (3, 4)]
    assert not np.array_equal(*steps)
    assert not np.array_equal(steps[0][0], steps[0][1])  # nor are those of one batch moved together


def test_what_a_batch_looks_like(pocket):
    lightness, targets = batch(pocket.split("train"), 0, Sampling(size=5, seed=0, shift=8, mirror=True))
    assert lightness.shape == (5, 128, 128, 1) and lightness.dtype == np.float32
    assert targets["chroma"].shape == (5, 64, 64, 2) and targets["chroma"].dtype == np.float32
    assert targets["scene"].shape == (5,) and set(targets["scene"]) <= set(range(7))


def test_colorless_photographs_are_not_learned_from(pocket):
    train = pocket.split("train")
    lightness, targets = batch(only(train, 77), 3, Sampling(size=4, seed=0))
    np.testing.assert_array_equal(lightness, np.repeat(lightness[:1], 4, axis=0))
    assert set(targets["scene"]) == {train.labels[77]}
    with pytest.raises(BadInput, match="no photograph with colour"):
        batch(replace(train, colorless=np.ones(138, bool)), 0, Sampling(size=4, seed=0))


def test_processes_that_share_a_batch_make_it_together(pocket):
    train, sampling = pocket.split("train"), Sampling(size=6, seed=0, shift=8, mirror=True)
    whole, _ = batch(train, 2, sampling)
    parts = [batch(train, 2, sampling, part)[0] for part in (slice(0, 3), slice(3, 6))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("count", [1, 23, 64, 65, 100, 251, 1000])
def test_validation_goes_in_batches_of_one_size(count):
    """Keras averages an output's loss over batches, so a short last batch would count for too much."""
    chosen, together = validated(count, 256)
    assert len(chosen) % together == 0 and together <= 64
    assert 0.95 * min(count, 256) < len(chosen) <= 256


def test_validation_needs_photographs():
    with pytest.raises(BadInput, match="no validation photographs"):
        validated(0, 256)
