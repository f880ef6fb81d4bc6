"""The evidence: figures and numbers of the write-up's pictures are those of the record, and so are the words."""

import json
import re

import nbformat
import numpy as np
import pytest
from PIL import Image

from colorlab import color
from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.reporting import evidence

PAGE = re.sub(r"\s+", " ", (paths.ROOT / "docs" / "the_mystery.md").read_text())


def test_the_record_holds_numbers_and_no_picture():
    pictures = evidence.published(paths.RESULTS)["pictures"]
    assert set(evidence.LOSSLESS) < set(pictures) and len(pictures) == 4
    for one in pictures.values():
        assert len(one["field"]) == 8 and {len(line) for line in one["field"]} == {8}
        assert len(json.dumps(one)) < 20_000


def test_the_turns_explain_the_lossless_pictures_more_than_their_controls():
    pictures = evidence.published(paths.RESULTS)["pictures"]
    for name in evidence.LOSSLESS:
        controls = dict(pictures[name]["controls"])
        assert controls.pop("no turns")["all"] < 0.45 and len(controls) == 5
        assert pictures[name]["explained"] > max(one["all"] for one in controls.values()) + 0.05
        assert pictures[name]["explained by distance from the border"]["16 and more"] > 0.999
    city = pictures["forbidden_city"]
    assert max(one["all"] for one in city["controls"].values()) > city["explained"]


def test_neighbours_of_different_turns_agree_only_if_a_turn_is_256():
    for name in evidence.LOSSLESS:
        across = evidence.published(paths.RESULTS)["pictures"][name]["across turns"]
        assert min(across, key=across.get) == "256" and across["256"] < 0.35
        assert min(across["255"], across["257"]) > 1.3 * across["256"]


def test_the_committed_notebook_shows_none_of_the_published_pictures():
    notebook = nbformat.read(paths.NOTEBOOKS / "11_the_mystery.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and "if published:" in cell.source]
    looks, compares = cells
    assert [out.text for out in looks.outputs if out.output_type == "stream"][0].startswith(
        "The published pictures are not"
    )
    pictures = [kind for out in looks.outputs for kind in out.get("data", {}) if kind.startswith("image/")]
    assert len(pictures) == 1  # the bars
    assert compares.outputs == []


def test_the_recovered_colors_lie_in_squares_and_lightness_does_not():
    for name in evidence.LOSSLESS:
        one = evidence.published(paths.RESULTS)["pictures"][name]
        for steps in (one["columns"], one["rows"]):
            assert max(steps[0], steps[2]) < 0.35 < 0.6 < min(steps[1], steps[3])
        light = one["lightness, columns"]
        assert max(light) < 1.4 * min(light)


def test_page_and_notebook_say_what_the_record_says():
    said = evidence.numbers(paths.RESULTS)
    assert f"{said['explained']} % of the pixels" in PAGE
    assert f"({said['without']} % if it is not, {said['control']} % in the hardest of five controls)" in PAGE
    assert f"and {said['inside']} % of those that are 16 pixels or more" in PAGE
    notebook = nbformat.read(paths.NOTEBOOKS / "11_the_mystery.ipynb", as_version=4)
    prose = re.sub(r"\s+", " ", " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
    assert f"It explains {said['explained']} % of the three lossless pictures" in prose
    assert f"the best control reaches {said['control']} %" in prose
    assert f"differ in a and b by {said['across']} Lab units" in prose
    assert f"add at most {said['ordinary']} points to an ordinary photograph" in prose
    pictures = evidence.published(paths.RESULTS)["pictures"]
    added, inside = [], []
    for one in (pictures[name] for name in evidence.LOSSLESS):
        exchanged = dict(one["controls"])
        added.append(100 * (one["explained"] - exchanged.pop("no turns")["all"]))
        inside.append(100 * max(control["inside"] for control in exchanged.values()))
    assert f"and {min(added):.0f} to {max(added):.0f} points to the three lossless pictures" in prose
    assert f"exchanged channels reach {min(inside):.0f} to {max(inside):.0f} % there" in prose
    assert f"Two slopes explain {said['own']} % of each recovered answer" in prose
    assert f"at most {said['others']} % by the lightness of another picture" in prose
    assert f"fell from {said['loss_first']} to {said['loss_last']}" in prose


def test_a_training_counts_as_like_theirs_only_if_it_is_so_in_everything(results):
    row = {"at the ends": 0.0, "one hue": 0.95, "overflows": 0.7, "photographs": [[1, -30], [0, -20]]}
    others = [row | {"at the ends": 0.2}, row | {"one hue": 0.5}, row | {"overflows": 0.05, "one hue": None}]
    looks = [row | {"photographs": [[20, 10]]}, row | {"photographs": [[-15, -30]]}, row | {"overflows": 0.2}]
    steps = [{"step": 50 * number, "new variables": one} for number, one in enumerate([row, row, *looks, *others])]
    file = results / "11_mystery" / "fields.json"
    file.write_text(json.dumps([{"arm": "adadelta 1", "steps": steps}]))
    heading, line = evidence.fields_table(results)
    assert dict(zip(heading, line, strict=True)) == {
        "training": "adadelta 1",
        "seeds": "1",
        "looks": "7",  # the one before the first step is left out
        "saturated": "1",
        "nearly grey": "1",
        "one hue": "4",
        "cold": "3",
        "as blue and strong": "1",
    }


@pytest.mark.usefixtures("style")
def test_the_answers_of_the_trainings_are_painted_on_the_lightness_that_they_were_given():
    images = [axis.images[0].get_array() for axis in evidence.seeds(paths.RESULTS).axes if axis.images]
    with Image.open(paths.DATA / "gallery" / "china.jpg") as china:
        seen = color.rgb_to_lab(np.asarray(china.convert("RGB").resize((128, 128))))[..., 0]
    alike = [np.corrcoef(seen.ravel(), color.rgb_to_lab(np.asarray(one))[..., 0].ravel())[0, 1] for one in images]
    assert max(alike) > 0.99  # one that is nearly grey, and does not overflow


@pytest.mark.usefixtures("style")
def test_the_bands_have_the_colors_of_the_record():
    figure = evidence.bands(paths.RESULTS)
    drawn = [patch.get_facecolor()[:3] for axis in figure.axes for patch in axis.patches]
    pictures = evidence.published(paths.RESULTS)["pictures"]
    known = [np.array(band["colour"]) / 255 for name in evidence.LOSSLESS for band in pictures[name]["bands"]]
    assert len(drawn) == len(known)
    for one in known:
        assert min(np.abs(np.subtract(one, other)).max() for other in drawn) < 1e-6


def test_a_record_that_is_missing_is_named(results):
    (results / "11_mystery" / "fields.npz").unlink()
    with pytest.raises(BadInput, match=r"fields\.npz"):
        evidence.seeds(results)
