"""The commands that colour photographs: colorize, scribble, segment."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from colorlab.base.paths import DATA
from colorlab.evaluation import metrics
from colorlab.networks.pretrained import DEFAULT, NETWORKS

LEGACY = sorted((DATA / "legacy").glob("*.jpg"))


def pixels(path):
    return np.asarray(Image.open(path)).astype(int)


def test_colorize(colorlab, tiny_run, tmp_path):
    result = colorlab("colorize", *LEGACY[:2], "-o", tmp_path, "--weights", tiny_run.folder)
    assert result.exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in LEGACY[:2]}
    assert f"-> {tmp_path / LEGACY[0].name}" in result.output


def test_colorize_does_what_it_can_and_says_what_it_could_not(colorlab, tiny_run, tmp_path):
    (tmp_path / "bad.jpg").write_text("not a photograph")
    weights = tiny_run.folder / "last.weights.h5"
    result = colorlab("colorize", tmp_path / "bad.jpg", LEGACY[0], "-o", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 1
    assert "bad.jpg is not an image" in result.output and "1 of 2 photographs" in result.output
    assert (tmp_path / "out" / LEGACY[0].name).exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [("no.jpg", "no.jpg: there is no such file"), ("empty", "empty has no photograph"), ("bad.jpg", "is not an image")],
)
def test_one_name_gets_one_sentence(colorlab, tmp_path, name, why):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.jpg").write_text("not a photograph")
    result = colorlab("colorize", tmp_path / name, "-o", tmp_path / "out")
    errors = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert result.exit_code == 1 and len(errors) == 1 and why in errors[0]
    assert name == "bad.jpg" or result.output.splitlines() == errors  # nothing is coloured, so there is no progress


def test_what_was_coloured_before_is_counted_beside_the_results(colorlab, tmp_path):
    def call(*arguments):
        return colorlab("colorize", *arguments, "-o", tmp_path, "--look", "iizuka")

    assert "coloured before" not in call(LEGACY[0]).stderr
    again = call(*LEGACY[:2])
    assert "1 of 2 was coloured before and is kept; --overwrite colours it again\n" in again.stderr
    third = call(*LEGACY[:2])
    assert "2 of 2 were coloured before and are kept; --overwrite colours them again\n" in third.stderr
    assert third.stdout == again.stdout == "".join(f"{one} -> {tmp_path / one.name}\n" for one in LEGACY[:2])
    assert "coloured before" not in call(*LEGACY[:2], "--overwrite").stderr


def test_what_was_coloured_before_is_counted_when_a_call_is_interrupted(colorlab, tmp_path, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    colorlab("colorize", LEGACY[0], "-o", tmp_path, "--look", "iizuka")
    monkeypatch.setattr("colorlab.painting.network.Network.chroma", stop)
    result = colorlab("colorize", *LEGACY[:2], "-o", tmp_path, "--look", "iizuka")
    assert result.exit_code == 130 and "1 of 2 was coloured before" in result.stderr.splitlines()[-2]


def test_colorize_with_what_ships_takes_a_saturation(colorlab, tmp_path):
    usual = NETWORKS[DEFAULT].saturation
    vivid = {}
    for arguments in ([], ["--saturation", usual], ["--saturation", 0], ["--saturation", 2]):
        assert colorlab("colorize", LEGACY[0], "-o", tmp_path, *arguments).exit_code == 0
        vivid[tuple(arguments)] = metrics.colorfulness(np.asarray(Image.open(tmp_path / LEGACY[0].name)))
    assert vivid["--saturation", 0] < 1 < vivid[()] == vivid["--saturation", usual] < vivid["--saturation", 2]
    assert f"{usual:g} for {DEFAULT};" in " ".join(colorlab("colorize", "--help").output.split())
    for impossible in ("-1", "nan"):
        result = colorlab("colorize", LEGACY[0], "--saturation", impossible, "-o", tmp_path / "none")
        assert result.exit_code == 2 and "saturation" in result.output


def test_an_empty_folder_fails_alone_and_a_photograph_as_weights_gets_no_advice(colorlab, tmp_path):
    (tmp_path / "empty").mkdir()
    result = colorlab("colorize", tmp_path / "empty", LEGACY[0], "-o", tmp_path / "out")
    assert result.exit_code == 1 and "empty has no photograph\n" in result.output
    assert "1 of 2 photographs and folders could not be coloured" in result.output
    assert (tmp_path / "out" / LEGACY[0].name).exists()
    result = colorlab("colorize", LEGACY[0], "-o", tmp_path / "out", "--weights", LEGACY[1])
    assert result.exit_code == 1 and "colorlab export" not in result.output


def test_the_networks_that_ship_are_looks_to_choose_from(colorlab, tmp_path):
    seen = {}
    for look in (None, "places", "vivid", "iizuka"):
        arguments = ["--look", look] if look else []
        assert colorlab("colorize", LEGACY[0], "-o", tmp_path / str(look), *arguments).exit_code == 0
        seen[look] = pixels(tmp_path / str(look) / LEGACY[0].name)
    np.testing.assert_array_equal(seen[None], seen[DEFAULT])
    with_device = ["--look", "iizuka", "--device", "coreml"]
    assert "device coreml" in colorlab("colorize", LEGACY[0], "-o", tmp_path / "none", *with_device).output
    for one, other in (("places", "vivid"), ("places", "iizuka"), ("vivid", "iizuka")):
        assert abs(seen[one] - seen[other]).mean() > 1
    result = colorlab("colorize", LEGACY[0], "--look", "vivid", "--weights", "runs/mine", "-o", tmp_path / "none")
    assert result.exit_code == 1 and "only one of the two" in result.output and not (tmp_path / "none").exists()


@pytest.mark.parametrize("hints", [[], ["--hints", "--weights", "{run}"]], ids=["alone", "with hints"])
def test_scribble(colorlab, tiny_run, tmp_path, hints):
    layer = Image.new("RGBA", Image.open(LEGACY[0]).size)
    ImageDraw.Draw(layer).line([(20, 20), (300, 30)], fill="#3060c0", width=5)
    layer.save(tmp_path / "strokes.png")
    hints = [tiny_run.folder if argument == "{run}" else argument for argument in hints]
    for _ in range(2):  # a result of its own may be written again
        result = colorlab("scribble", LEGACY[0], tmp_path / "strokes.png", "-o", tmp_path / "new" / "out.jpg", *hints)
        assert result.exit_code == 0, result.output
    blue = pixels(tmp_path / "new" / "out.jpg")[25, 100:200]
    assert (blue[:, 2] - blue[:, 0]).mean() > 40


def test_segment(colorlab, tmp_path):
    arguments = ("segment", LEGACY[0], "-o", tmp_path / "out.png", "--palette", "#203060,#e0c080")
    for method in ("otsu", "kmeans", "slic"):
        assert colorlab(*arguments, "--segments", 4, "--method", method).exit_code == 0
    rgb = pixels(tmp_path / "out.png")
    assert (rgb[..., 2] > rgb[..., 0] + 5).any() and (rgb[..., 0] > rgb[..., 2] + 5).any()
