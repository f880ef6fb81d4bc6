"""The report's photographs: what is painted is what the weights that ship answer, in the order of the record."""

import json
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.base.paths import ROOT
from colorlab.networks.pretrained import find_network
from colorlab.painting.network import load
from colorlab.reporting import gallery, report

PICTURES = paths.RESULTS / "pictures"


def record():
    return json.loads((PICTURES / "metrics.json").read_text())


def test_the_record_is_of_the_weights_that_ship():
    assert record()["sha256"] == sha256(find_network().read_bytes()).hexdigest()
    network = load()
    with np.load(PICTURES / "answers.npz") as answers:
        for name in ("gallery/china", "legacy/black_canyon_1871"):
            photograph = Image.open(paths.DATA / f"{name}.jpg").convert("RGB")
            here = 255 * network.chroma([photograph], record()["saturation"])[0]
            assert np.abs(here - answers[name]).max() < 1.5, name  # bytes are Lab units


@pytest.mark.usefixtures("style")
def test_the_gallery_begins_with_the_greatest_gain_over_grey():
    titles = [axis.get_title(loc="left") for axis in gallery.gallery(paths.RESULTS).axes]
    errors = record()["gallery"]
    gains = [errors[title.split(":")[0].replace(" ", "_")] for title in titles]
    gains = [each["grey"] - each["coloured"] for each in gains]
    assert len(gains) == len(list((paths.DATA / "gallery").glob("*.jpg")))
    assert gains == sorted(gains, reverse=True) and gains[-1] < 0 < gains[0]  # it has failures, too


def test_the_page_says_of_the_pictures_what_the_record_says():
    page, known = (ROOT / "docs" / "your_photographs.md").read_text(), record()
    gains = [each["coloured"] < each["grey"] for each in known["gallery"].values()]
    assert (sum(gains), len(gains)) == (9, 12) and "Nine of twelve gain" in page


def test_only_colors_change():
    photograph = np.full((40, 60, 3), 120, dtype="uint8")
    photograph[:20] = 60
    answer = np.full((8, 8, 2), 128, dtype="uint8")
    assert np.array_equal(gallery._painted(photograph, answer), photograph)  # 128 is grey
    answer[..., 0] += 20
    lab, before = rgb2lab(gallery._painted(photograph, answer)), rgb2lab(photograph)
    assert np.abs(lab[..., 0] - before[..., 0]).max() < 0.5
    assert np.abs(lab[..., 1] - 20).max() < 1 and np.abs(lab[..., 2]).max() < 1
    photograph[..., 0] = 200
    assert np.ptp(gallery._painted(photograph, gallery.GREY), axis=-1).max() <= 1


def test_a_picture_changes_with_its_answer(results, tmp_path):
    with np.load(PICTURES / "answers.npz") as answers:
        changed = dict(answers) | {"gallery/china": np.full((64, 64, 2), 150, dtype="uint8")}
    np.savez_compressed(results / "pictures" / "answers.npz", **changed)
    for name, same in (("gallery", False), ("legacy", True)):
        report.draw(name, tmp_path / "before.jpg")
        report.draw(name, tmp_path / "after.jpg", results)
        assert ((tmp_path / "before.jpg").read_bytes() == (tmp_path / "after.jpg").read_bytes()) == same


def test_what_is_missing_or_damaged_is_named(results, tmp_path):
    (results / "pictures" / "answers.npz").write_bytes(b"PK damaged")
    with pytest.raises(BadInput, match="answers.npz is damaged"):
        gallery.gallery(results)
    (results / "pictures" / "answers.npz").unlink()
    with pytest.raises(BadInput, match="there is no .*answers.npz"):
        gallery.legacy(results)
    assert "there is no pictures/answers.npz" in report.build(tmp_path / "report.pdf", results)


def test_one_cold_color_is_blue_if_it_is_clipped_and_three_colors_if_it_overflows(style):
    axes = gallery.mystery(paths.RESULTS).axes
    images = np.array([axis.images[0].get_array() for axis in axes]).reshape(4, len(gallery.COLD_ONES), 128, 128, 3)
    _, clipped, overflowed, _ = images.astype(int)
    assert (clipped[..., 2] >= clipped[..., 0]).all()  # nowhere more red than blue
    dark, bright = clipped.sum(axis=-1) < 120, clipped.sum(axis=-1) > 620
    assert (overflowed[dark][:, 0] > overflowed[dark][:, 2]).mean() > 0.9  # crimson
    assert (overflowed[bright][:, 1] > overflowed[bright][:, 2] + 50).mean() > 0.9  # lime
