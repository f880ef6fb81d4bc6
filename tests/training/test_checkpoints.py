"""Checkpoints are written whole, read back to the bit, and not used when they are damaged."""

import errno
import json

import numpy as np
import pytest

from colorlab.base.errors import BadInput
from colorlab.training import checkpoints
from colorlab.training.checkpoints import Checkpoint
from colorlab.training.compile import compiled
from colorlab.training.recipe import Recipe

RANDOM = np.random.default_rng(0)


def checkpoint(step):
    return Checkpoint(
        step=step,
        history=[{"epoch": 1, "loss": 0.1 + 0.2}],
        seconds=1.5,
        first_loss=244.0,
        identity={"recipe": {"alpha": 5.0}},
        variables=[RANDOM.normal(size=(3, 4)).astype("float32"), np.array(7)],
        running=[np.float32(1e-30)],
    )


def assert_equal(one, two):
    for name in ("step", "history", "seconds", "first_loss", "identity"):
        assert getattr(one, name) == getattr(two, name)
    for kind in ("variables", "running"):
        for a, b in zip(getattr(one, kind), getattr(two, kind), strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype
            np.testing.assert_array_equal(a, b)


def test_there_and_back(tmp_path):
    written = checkpoint(12)
    checkpoints.write(tmp_path, written)
    assert_equal(checkpoints.read(tmp_path), written)


def test_before_the_first_step_there_is_none(tmp_path):
    assert checkpoints.read(tmp_path) == checkpoints.read(tmp_path / "nowhere") == Checkpoint(step=0)


def test_the_newest_is_used_and_one_before_it_kept(tmp_path):
    for step in (9, 10, 100):
        checkpoints.write(tmp_path, checkpoint(step))
    assert checkpoints.read(tmp_path).step == 100
    assert [path.name for path in checkpoints.found(tmp_path)] == ["checkpoint_00000100.npz", "checkpoint_00000010.npz"]


def truncated(path):
    path.write_bytes(path.read_bytes()[:-100])


def emptied(path):
    path.write_bytes(b"")


def one_bit_flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def called_encrypted(path):
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # a flag of the last file in the zip
    path.write_bytes(content)


def a_number_changed(path):
    """As a whole file, so that only the SHA-256 can tell."""
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["variables_0000"][1, 1] += 1
    np.savez(path, **arrays)


def history_changed(path):
    with np.load(path) as stored:
        arrays = dict(stored)
    facts = json.loads(str(arrays["facts"]))
    facts["step"] += 1
    np.savez(path, **arrays | {"facts": json.dumps(facts)})


def something_else(path):
    np.savez(path, a=1)


DAMAGES = [truncated, emptied, one_bit_flipped, called_encrypted, a_number_changed, history_changed, something_else]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_one_is_reported_and_the_one_before_is_used(tmp_path, damage):
    before = checkpoint(5)
    checkpoints.write(tmp_path, before)
    checkpoints.write(tmp_path, checkpoint(10))
    damage(tmp_path / "checkpoint_00000010.npz")
    with pytest.warns(UserWarning, match=r"checkpoint_00000010.npz is damaged .*: the one before is used, of step 5"):
        assert_equal(checkpoints.read(tmp_path), before)
    damage(tmp_path / "checkpoint_00000005.npz")
    with pytest.raises(
        BadInput, match=r"00000010.npz is damaged .*; .*00000005.npz is damaged .*: delete .* to train ag"
    ):
        checkpoints.read(tmp_path)


def test_a_renamed_copy_is_no_checkpoint(tmp_path):
    kept = checkpoint(5)
    checkpoints.write(tmp_path, kept)
    (tmp_path / "checkpoint_copy.npz").write_bytes(b"anything")
    assert_equal(checkpoints.read(tmp_path), kept)
    assert checkpoints.reached(tmp_path) == 5


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    before = checkpoint(5)
    checkpoints.write(tmp_path, before)

    def full(*arguments, **arrays):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.write(tmp_path, checkpoint(10))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint_00000005.npz"]
    assert_equal(checkpoints.read(tmp_path), before)


def test_another_network_is_refused_with_what_differs():
    narrow, wide = (compiled(Recipe(depth=depth), scenes=3, steps=1) for depth in (2, 4))
    values = [np.array(variable) for variable in checkpoints.state(narrow)]
    with pytest.raises(BadInput, match=r"low_level_1/kernel is \(3, 3, 1, 2\) there and \(3, 3, 1, 4\) here"):
        checkpoints.restore(wide, Checkpoint(step=7, variables=values))
    with pytest.raises(BadInput, match=f"{len(values) - 1} variables there and {len(values)} here"):
        checkpoints.restore(narrow, Checkpoint(step=7, variables=values[:-1]))


def test_what_cannot_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    checkpoints.write(tmp_path, checkpoint(5))

    def forbidden(*given, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(np, "load", forbidden)
    with pytest.raises(BadInput, match="05.npz cannot be read .Permission denied.: check the disk and permissions"):
        checkpoints.read(tmp_path)
