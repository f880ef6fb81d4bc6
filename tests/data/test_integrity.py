"""A packed data set that has changed is refused; one that has not is not read again."""

import errno
import os

import numpy as np
import pytest

from colorlab.base.errors import BadInput
from colorlab.data import datasets, integrity


def one_pixel(folder):
    images = np.lib.format.open_memmap(folder / "images.npy", "r+")
    images[100, 64, 64, 0] ^= 1
    images.flush()


def labels_swapped(folder):
    labels = np.load(folder / "labels.npy")
    np.save(folder / "labels.npy", labels[::-1])


ALTERED = {
    "one pixel altered": one_pixel,
    "labels altered": labels_swapped,
    "colourless altered": lambda folder: np.save(folder / "colourless.npy", np.ones(184, bool)),
    "colourless moved": lambda folder: np.save(folder / "colourless.npy", np.arange(184) == 7),
}


@pytest.mark.parametrize("change", ALTERED)
def test_what_was_altered_is_refused(packed, change):
    ALTERED[change](packed)
    with pytest.raises(BadInput, match=f"{packed.name} is not a usable packed data set .*altered.*: pack it again"):
        datasets.load(packed)


def test_what_has_not_changed_is_not_read_again(packed, monkeypatch):
    read = []
    monkeypatch.setattr(integrity, "digest_before_pixels", lambda *given: read.append(given) or 1 / 0)
    datasets.load(packed)
    assert not read
    with pytest.raises(BadInput, match="division by zero"):
        datasets.load(packed, verify=True)


def test_a_copy_is_read_once_and_then_known(packed, tmp_path, monkeypatch):
    for name in ("images.npy", "labels.npy", "colourless.npy", "dataset.json"):
        (tmp_path / "copy").mkdir(exist_ok=True)
        (tmp_path / "copy" / name).write_bytes((packed / name).read_bytes())
    assert datasets.load(tmp_path / "copy").digest == datasets.load(packed).digest
    monkeypatch.setattr(integrity, "digest_before_pixels", lambda *given: 1 / 0)
    datasets.load(tmp_path / "copy")


def test_a_bit_that_changes_behind_the_systems_back_is_found_when_all_is_read(packed, monkeypatch):
    known = integrity._state(packed)
    one_pixel(packed)
    monkeypatch.setattr(integrity, "_state", lambda folder: known)
    datasets.load(packed)
    with pytest.raises(BadInput, match="have been altered: their SHA-256 differs.*: pack it again"):
        datasets.load(packed, verify=True)


def test_a_file_that_was_given_its_old_time_again_is_read(packed):
    before = (packed / "images.npy").stat()
    one_pixel(packed)
    os.utime(packed / "images.npy", ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(BadInput, match="have been altered"):
        datasets.load(packed)


def test_what_changes_while_it_is_read_is_not_taken_for_read(packed, monkeypatch):
    os.utime(packed / "images.npy")
    digest = integrity.digest_before_pixels
    monkeypatch.setattr(
        integrity, "digest_before_pixels", lambda *given: (os.utime(packed / "images.npy"), digest(*given))[1]
    )
    datasets.load(packed)
    assert integrity._seen(packed) != integrity._state(packed)


def test_where_nothing_can_be_noted_all_is_read_each_time(packed, monkeypatch):
    os.utime(packed / "images.npy")

    def read_only(*given):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(integrity, "_note", read_only)
    with pytest.warns(UserWarning, match="cannot be written .Read-only file system.: .* read whole on every start"):
        datasets.load(packed)
