"""The evidence: figures and numbers of the write-up's pictures are those of the record, and so are the words."""

import json
import re

import nbformat
import numpy as np
import pytest

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.reporting import evidence

README = (paths.ROOT / "README.md").read_text()


def test_the_record_holds_numbers_and_no_picture():
    pictures = evidence.published(paths.RESULTS)["pictures"]
    assert set(evidence.LOSSLESS) < set(pictures) and len(pictures) == 4
    for one in pictures.values():
        assert np.shape(one["field"]) in ((8, 8, 2), (8, 8)) and len(json.dumps(one)) < 20_000


def test_the_turns_explain_the_lossless_pictures_and_not_their_controls():
    pictures = evidence.published(paths.RESULTS)["pictures"]
    for name in evidence.LOSSLESS:
        rotated = [share for control, share in pictures[name]["controls"].items() if "rotated" in control]
        assert pictures[name]["explained"] > 0.85 and max(rotated) < 0.7
        assert pictures[name]["controls"]["no turns"] < 0.45
        assert pictures[name]["explained by distance from the border"]["16 and more"] > 0.999
    assert max(pictures["forbidden_city"]["controls"].values()) > pictures["forbidden_city"]["explained"]


def test_the_recovered_colors_lie_in_squares_and_lightness_does_not():
    for name in evidence.LOSSLESS:
        one = evidence.published(paths.RESULTS)["pictures"][name]
        for steps in (one["columns"], one["rows"]):
            assert max(steps[0], steps[2]) < 0.35 < 0.6 < min(steps[1], steps[3])
        light = one["lightness, columns"]
        assert max(light) < 1.4 * min(light)


def test_readme_and_notebook_say_what_the_record_says():
    said = evidence.mystery(paths.RESULTS)
    assert f"{said['explained']} % of the pixels" in README
    assert f"({said['without']} % if it is not, {said['control']} %" in README
    assert f"and {said['inside']} % of those that are 16 pixels or more" in README
    notebook = nbformat.read(paths.NOTEBOOKS / "11_the_mystery.ipynb", as_version=4)
    prose = re.sub(r"\s+", " ", " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
    assert f"explain {said['explained']} % of the pixels, and without turns {said['without']} %" in prose
    assert f"stays at {said['control']} %" in prose
    assert f"Two slopes explain {said['own']} % of each recovered field" in prose


def test_a_training_counts_as_like_theirs_only_if_it_is_smooth_unsaturated_and_overflows(results):
    row = {"at the ends": 0.0, "one hue": 0.95, "overflows": 0.5, "photographs": [[1, -30], [0, -20]]}
    others = [row | {"at the ends": 0.2}, row | {"one hue": 0.5}, row | {"overflows": 0.05, "one hue": None}]
    warm = row | {"photographs": [[20, 10], [20, 10]]}
    steps = [{"step": 50 * number, "new variables": one} for number, one in enumerate([row, row, warm, *others])]
    file = results / "11_mystery" / "fields.json"
    file.write_text(json.dumps([{"arm": "adadelta 1", "steps": steps}]))
    heading, line = evidence.fields_table(results)
    assert dict(zip(heading, line, strict=True)) == {
        "training": "adadelta 1",
        "seeds": "1",
        "looks": "5",  # the one before the first step is left out
        "saturated": "1",
        "nearly grey": "1",
        "like theirs": "2",
        "cold among these": "1",
    }


@pytest.mark.usefixtures("style")
def test_the_bands_have_the_colors_of_the_record():
    figure = evidence.bands(paths.RESULTS)
    drawn = [patch.get_facecolor()[:3] for axis in figure.axes for patch in axis.patches]
    pictures = evidence.published(paths.RESULTS)["pictures"]
    known = [np.array(band["colour"]) / 255 for name in evidence.LOSSLESS for band in pictures[name]["bands"]]
    assert len(drawn) == len(known)
    for color in known:
        assert min(np.abs(np.subtract(color, one)).max() for one in drawn) < 1e-6


def test_a_record_that_is_missing_is_named(results):
    (results / "11_mystery" / "fields.npz").unlink()
    with pytest.raises(BadInput, match=r"fields\.npz"):
        evidence.seeds(results)
