"""The commands train and evaluate. tests/training/test_search.py has search."""

import json
import shutil

import pytest

from colorlab.training.stopping import Terminated


def test_train_goes_by_a_recipe(colorlab, monkeypatch, tmp_path, tiny_recipe):
    monkeypatch.setattr("colorlab.training.recipe.RECIPES", {"tiny": tiny_recipe})
    result = colorlab("train", "tiny", "--dataset", "pocket", "-o", tmp_path / "run")
    assert result.exit_code == 0 and "is complete" in result.output
    assert (tmp_path / "run" / "best.weights.h5").exists()
    assert "run: 2 epochs of 3 steps of 4 photographs of pocket, from the start" in result.output
    (tmp_path / "run" / "checkpoint_00000006.npz").unlink()
    again = colorlab("train", "tiny", "--dataset", "pocket", "-o", tmp_path / "run")
    assert again.exit_code == 0 and "of pocket, resumed from step 3" in again.output


@pytest.mark.parametrize(
    ("stop", "status"), [(KeyboardInterrupt("stopped after step 5"), 130), (Terminated("stopped after step 5"), 143)]
)
def test_a_training_that_is_stopped_says_so_and_ends_with_a_status(colorlab, monkeypatch, tmp_path, stop, status):
    def stopped(*given):
        raise stop

    monkeypatch.setattr("colorlab.training.loop.train", stopped)
    result = colorlab("train", "places", "--dataset", "pocket", "-o", tmp_path / "run")
    assert result.exit_code == status and "stopped after step 5" in result.output and "Traceback" not in result.output


def test_evaluate(colorlab, tiny_run, tmp_path):
    file = tmp_path / "result.json"
    result = colorlab("evaluate", "pocket", "--weights", tiny_run.folder, "-o", file)
    assert result.exit_code == 0, result.output
    assert "CIEDE2000" in result.output and "mean colour" in result.output
    written = json.loads(file.read_text())
    assert written["photographs"] == 23 and written["weights"].endswith("best.weights.h5")


def test_evaluate_measures_one_half(colorlab, tiny_run, tmp_path):
    arguments = ["evaluate", "pocket", "--weights", tiny_run.folder, "-o", tmp_path / "half.json", "--half"]
    assert colorlab(*arguments, "report").exit_code == 0
    result = json.loads((tmp_path / "half.json").read_text())
    assert result["dataset"] == "pocket/test/report" and 8 <= result["photographs"] <= 11
    assert set(result["intervals"]) == set(result["methods"]) and result["model_against"]["grey"]["gain"] >= 0
    refused = colorlab(*arguments, "odd")
    assert refused.exit_code == 1 and "no half 'odd', only: choose, report" in refused.output


def test_evaluate_writes_beside_the_weights(colorlab, tiny_run, tmp_path):
    shutil.copytree(tiny_run.folder, tmp_path / "run")
    result = colorlab("evaluate", "pocket", "--weights", tmp_path / "run")
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "run" / "metrics_pocket_test.json").read_text())
    assert written["dataset"] == "pocket/test"


def test_evaluate_measures_stronger_colors_too(colorlab, tiny_run, tmp_path):
    out = tmp_path / "m.json"
    arguments = ("--saturation", 1, "--saturation", 1.5, "--weights", tiny_run.folder, "-o", out)
    assert colorlab("evaluate", "pocket", *arguments).exit_code == 0
    methods = json.loads(out.read_text())["methods"]
    assert methods["model x1"] == pytest.approx({k: v for k, v in methods["model"].items() if k in methods["model x1"]})
    assert methods["model x1.5"]["colourfulness"] > methods["model"]["colourfulness"]
    assert methods["grey"]["below_grey"] == 0
