"""Other colours under a photograph's own lightness: the table's colours are the formula's, in place, without a seam."""

import numpy as np
import pytest
from PIL import Image

from colorlab import color
from colorlab.base.paths import DATA
from colorlab.painting import paint

LEGACY = sorted((DATA / "legacy").glob("*.jpg"))


def test_strips_join_without_a_seam(monkeypatch):
    photograph = Image.open(LEGACY[0]).convert("L")
    chroma = np.random.default_rng(0).uniform(0.4, 0.6, (64, 64, 2)).astype("float32")
    whole = np.asarray(paint.with_chroma(photograph, chroma))
    monkeypatch.setattr(paint, "STRIP", 640 * 7)
    strips = np.asarray(paint.with_chroma(photograph, chroma)).astype(int)
    difference = np.abs(strips - whole)
    assert difference.max() <= 4 and np.mean(difference > 1) < 1e-3  # rounding, in no particular row
    at_seams = np.isin(np.arange(len(whole)) % 7, (0, 6))
    assert difference[at_seams].mean() == pytest.approx(difference[~at_seams].mean(), rel=0.3)


def test_the_table_gives_the_colors_of_the_formula():
    """Against color.lab_to_rgb, pixel by pixel."""
    photograph = Image.open(LEGACY[0]).convert("L")
    chroma = Image.open(DATA / "gallery" / "china.jpg").resize((64, 64))
    chroma = color.chroma_of(color.rgb_to_lab(np.asarray(chroma)))
    colored = np.asarray(paint.with_chroma(photograph, chroma)).astype(int)
    rgb = np.repeat(np.asarray(photograph)[None, ..., None], 3, axis=-1)
    expected = color.decode(color.lightness_of(color.rgb_to_lab(rgb)), chroma[None])[0]
    assert np.abs(colored - expected).mean() < 0.5 and np.abs(colored - expected).max() < 12


def test_chroma_is_enlarged_in_place():
    """Left half red, right half blue: the two must come out on their sides."""
    chroma = np.full((64, 64, 2), color.GREY, "float32")
    chroma[:, :32, 0] = 0.7
    chroma[:, 32:, 1] = 0.4
    lab = color.rgb_to_lab(np.asarray(paint.with_chroma(Image.new("L", (300, 200), 120), chroma)))
    assert lab[:, :100, 1].mean() > 30 and lab[:, 200:, 2].mean() < -20
    assert abs(lab[:, 200:, 1].mean()) < 2


def test_an_rgb_photograph_is_changed_in_place_and_others_are_not():
    """So that one of 24 megapixels is in memory only once."""
    chroma = np.full((64, 64, 2), 0.6, "float32")
    for mode, same in (("RGB", True), ("L", False), ("RGBA", False)):
        photograph = Image.open(LEGACY[0]).convert(mode)
        before = photograph.tobytes()
        assert (paint.with_chroma(photograph, chroma) is photograph) == same
        assert (photograph.tobytes() == before) != same


@pytest.mark.parametrize(
    ("size", "solved"),
    [((640, 300), (640, 300)), ((500, 500), (500, 500)), ((1000, 1000), (500, 500)), ((3000, 2000), (612, 408))],
)
def test_colors_are_solved_at_a_quarter_of_a_megapixel_at_most(size, solved):
    assert paint.solved_size(size) == solved
