"""The commands as people run them: exit statuses, and one sentence instead of a traceback."""

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from colorlab.callbacks import Terminated
from colorlab.cli import main
from colorlab.datasets import DATA

LEGACY = sorted((DATA / "legacy").glob("*.jpg"))


def colorlab(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_every_command_explains_itself():
    commands = colorlab("--help").output
    for command in ("colorize", "scribble", "segment", "evaluate", "run", "train", "data"):
        assert command in commands
        assert "Usage" in colorlab(command, "--help").output


def test_colorize(tiny_run, tmp_path):
    result = colorlab("colorize", *LEGACY[:2], "-o", tmp_path, "--weights", tiny_run.folder)
    assert result.exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in LEGACY[:2]}
    assert f"-> {tmp_path / LEGACY[0].name}" in result.output


def test_colorize_does_what_it_can_and_says_what_it_could_not(tiny_run, tmp_path):
    (tmp_path / "bad.jpg").write_text("not a photograph")
    weights = tiny_run.folder / "last.weights.h5"
    result = colorlab("colorize", tmp_path / "bad.jpg", LEGACY[0], "-o", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 1
    assert "bad.jpg is not an image" in result.output and "1 of 2 photographs" in result.output
    assert (tmp_path / "out" / LEGACY[0].name).exists()


BAD = [
    (["colorize", LEGACY[0], "--weights", "nowhere.weights.h5"], "no weights file nowhere.weights.h5"),
    (["colorize", LEGACY[0], "--weights", LEGACY[0]], "is not a usable file of colorlab weights"),
    (["colorize", LEGACY[0], "--weights", DATA], "holds no best.weights.h5"),
    (["scribble", LEGACY[0], "nowhere.png", "-o", "out.png"], "nowhere.png: there is no such file"),
    (["scribble", LEGACY[0], LEGACY[0], "-o", "out.png"], "opaque everywhere"),
    (["scribble", LEGACY[0], LEGACY[1], "-o", "out.png"], "draw them on a layer of its size"),
    (["scribble", LEGACY[0], LEGACY[0], "-o", "out.png", "--weights", "{run}"], "give it with --hints"),
    (["segment", LEGACY[0], "-o", "out.png", "--palette", "#12"], "'#12' in the palette is no colour"),
    (["segment", LEGACY[0], "-o", "out.png", "--palette", "red", "--segments", "0"], "0 segments cannot be"),
    (["segment", LEGACY[0], "-o", "out.xyz", "--palette", "red"], "no format that can be written"),
    (["segment", LEGACY[0], "-o", LEGACY[0], "--palette", "red"], "is there already"),
    (["evaluate", "nowhere", "--weights", "{run}"], "no data set 'nowhere'"),
    (["evaluate", "pocket", "--split", "valid", "--weights", "{run}"], "no split 'valid'"),
    (["data", "info", "nowhere"], "nowhere"),
    (["data", "pack", "/nowhere/at/all"], "/nowhere/at/all"),
    (["run", "no_such_notebook"], "no_such_notebook"),
    (["train", "placess"], "no recipe 'placess', only: places"),
    (["train", "places", "--dataset", "nowhere"], "no data set 'nowhere'"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(map(str, a[:2])) for a, _ in BAD])
def test_bad_input_gets_one_sentence(tiny_run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = colorlab(*(tiny_run.folder if argument == "{run}" else argument for argument in arguments))
    assert result.exit_code != 0
    assert message in result.output and "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("hints", [[], ["--hints", "--weights", "{run}"]])
def test_scribble(tiny_run, tmp_path, hints):
    from PIL import Image, ImageDraw

    layer = Image.new("RGBA", Image.open(LEGACY[0]).size)
    ImageDraw.Draw(layer).line([(20, 20), (300, 30)], fill="#3060c0", width=5)
    layer.save(tmp_path / "strokes.png")
    hints = [tiny_run.folder if argument == "{run}" else argument for argument in hints]
    for _ in range(2):  # a result of its own may be written again
        result = colorlab("scribble", LEGACY[0], tmp_path / "strokes.png", "-o", tmp_path / "new" / "out.jpg", *hints)
        assert result.exit_code == 0, result.output
    blue = np.asarray(Image.open(tmp_path / "new" / "out.jpg")).astype(int)[25, 100:200]
    assert (blue[:, 2] - blue[:, 0]).mean() > 40


def test_segment(tmp_path):
    from PIL import Image

    arguments = ("segment", LEGACY[0], "-o", tmp_path / "out.png", "--palette", "#203060,#e0c080")
    for method in ("otsu", "kmeans", "slic"):
        assert colorlab(*arguments, "--segments", 4, "--method", method).exit_code == 0
    rgb = np.asarray(Image.open(tmp_path / "out.png")).astype(int)
    assert (rgb[..., 2] > rgb[..., 0] + 5).any() and (rgb[..., 0] > rgb[..., 2] + 5).any()


def test_evaluate_writes_beside_the_weights(tiny_run, tmp_path):
    shutil.copytree(tiny_run.folder, tmp_path / "run")
    result = colorlab("evaluate", "pocket", "--weights", tmp_path / "run")
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "run" / "metrics_pocket_test.json").read_text())
    assert written["dataset"] == "pocket/test"


def test_evaluate(tiny_run, tmp_path):
    file = tmp_path / "result.json"
    result = colorlab("evaluate", "pocket", "--weights", tiny_run.folder, "-o", file)
    assert result.exit_code == 0, result.output
    assert "CIEDE2000" in result.output and "mean colour" in result.output
    written = json.loads(file.read_text())
    assert written["photographs"] == 23 and written["weights"].endswith("best.weights.h5")


def test_colorize_with_what_ships_takes_a_saturation(tmp_path):
    from PIL import Image

    from colorlab import evaluation
    from colorlab.colorize import SATURATION

    vivid = {}
    for arguments in ([], ["--saturation", SATURATION], ["--saturation", 0], ["--saturation", 2]):
        assert colorlab("colorize", LEGACY[0], "-o", tmp_path, *arguments).exit_code == 0
        vivid[tuple(arguments)] = evaluation.colourfulness(np.asarray(Image.open(tmp_path / LEGACY[0].name)))
    assert vivid["--saturation", 0] < 1 < vivid[()] == vivid["--saturation", SATURATION] < vivid["--saturation", 2]
    assert f"[default: {SATURATION:g};" in " ".join(colorlab("colorize", "--help").output.split())
    for impossible in ("-1", "nan"):
        result = colorlab("colorize", LEGACY[0], "--saturation", impossible, "-o", tmp_path / "none")
        assert isinstance(result.exception, SystemExit) and "saturation" in result.output


def test_the_networks_that_ship_are_looks_to_choose_from(tmp_path):
    from PIL import Image

    seen = {}
    for look in (None, "places", "vivid", "iizuka"):
        arguments = ["--look", look] if look else []
        assert colorlab("colorize", LEGACY[0], "-o", tmp_path / str(look), *arguments).exit_code == 0
        seen[look] = np.asarray(Image.open(tmp_path / str(look) / LEGACY[0].name)).astype(int)
    np.testing.assert_array_equal(seen[None], seen["places"])
    for one, other in (("places", "vivid"), ("places", "iizuka"), ("vivid", "iizuka")):
        assert abs(seen[one] - seen[other]).mean() > 1
    result = colorlab("colorize", LEGACY[0], "--look", "vivid", "--weights", "runs/mine", "-o", tmp_path / "none")
    assert result.exit_code == 1 and "only one of the two" in result.output and not (tmp_path / "none").exists()


def test_report_draws_one_figure_or_reports_own_runs(tiny_run, tmp_path):
    assert colorlab("report", "--figure", "told", "-o", tmp_path / "told.svg").exit_code == 0
    assert (tmp_path / "told.svg").read_text().startswith("<?xml")
    result = colorlab("report", "--runs", tiny_run.folder.parent, "--name", "Ada", "-o", tmp_path / "own.pdf")
    assert result.exit_code == 0 and (tmp_path / "own.pdf").read_bytes().startswith(b"%PDF")
    both = colorlab("report", "--figure", "told", "--runs", tmp_path)
    assert both.exit_code == 1 and "only one of the two" in both.output


def test_evaluate_measures_stronger_colours_too(tiny_run, tmp_path):
    out = tmp_path / "m.json"
    arguments = ("--saturation", 1, "--saturation", 1.5, "--weights", tiny_run.folder, "-o", out)
    assert colorlab("evaluate", "pocket", *arguments).exit_code == 0
    methods = json.loads(out.read_text())["methods"]
    assert methods["model x1"] == pytest.approx({k: v for k, v in methods["model"].items() if k in methods["model x1"]})
    assert methods["model x1.5"]["colourfulness"] > methods["model"]["colourfulness"]
    assert methods["grey"]["below_grey"] == 0


def test_train_goes_by_a_recipe(monkeypatch, tmp_path, tiny_recipe):
    monkeypatch.setattr("colorlab.recipe.RECIPES", {"tiny": tiny_recipe})
    result = colorlab("train", "tiny", "--dataset", "pocket", "-o", tmp_path / "run")
    assert result.exit_code == 0 and "is complete" in result.output
    assert (tmp_path / "run" / "best.weights.h5").exists()
    assert "run: 2 epochs of 3 steps of 4 photographs of pocket, from the start" in result.output
    (tmp_path / "run" / "checkpoint_00000006.npz").unlink()
    again = colorlab("train", "tiny", "--dataset", "pocket", "-o", tmp_path / "run")
    assert again.exit_code == 0 and "of pocket, going on from step 3" in again.output


@pytest.mark.parametrize(
    ("stop", "status"), [(KeyboardInterrupt("stopped after step 5"), 130), (Terminated("stopped after step 5"), 143)]
)
def test_a_training_that_is_stopped_says_so_and_ends_with_a_status_of_its_own(monkeypatch, tmp_path, stop, status):
    def stopped(*given):
        raise stop

    monkeypatch.setattr("colorlab.training.train", stopped)
    result = colorlab("train", "places", "--dataset", "pocket", "-o", tmp_path / "run")
    assert result.exit_code == status and "stopped after step 5" in result.output and "Traceback" not in result.output
