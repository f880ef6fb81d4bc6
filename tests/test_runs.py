"""Run folders: written whole, read back, told apart, recorded; and where weights are found."""

import json

import pytest

from colorlab import BadInput, runs
from colorlab.runs import Run, find_weights


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(BadInput, match="is not a run folder: it has no recipe.json"):
        _ = Run(tmp_path).recipe
    assert Run(tmp_path).history == []


def test_damaged_json_is_named(tmp_path):
    (tmp_path / "recipe.json").write_text("{")
    with pytest.raises(BadInput, match="recipe.json is damaged"):
        _ = Run(tmp_path).recipe


def test_history_there_and_back(tmp_path):
    rows = [{"epoch": 1, "loss": 0.1 + 0.2}, {"epoch": 2, "loss": 1e-30}]
    Run(tmp_path).write_history(rows)
    assert Run(tmp_path).history == rows


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    run = Run(tmp_path)
    run.write("note", "old")
    with pytest.raises(TypeError):
        run.write("note", None)
    assert [path.name for path in tmp_path.iterdir()] == ["note"]
    assert (tmp_path / "note").read_text() == "old"


def test_a_record_holds_what_a_number_can_be_traced_to(tiny_run, tmp_path):
    tiny_run.record(tmp_path / "record", {"psnr": 1.5})
    assert {path.name for path in (tmp_path / "record").iterdir()} == {
        "recipe.json", "provenance.json", "history.csv", "picture.png", "metrics.json"}  # fmt: skip
    tiny_run.record(tmp_path / "unpublished", picture=False)
    assert not (tmp_path / "unpublished" / "picture.png").exists()
    record = Run(tmp_path / "record")
    assert (record.recipe, record.history) == (tiny_run.recipe, tiny_run.history)
    assert json.loads((tmp_path / "record" / "metrics.json").read_text()) == {"psnr": 1.5}


def test_where_weights_are_found(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "SHIPPED", tmp_path)
    with pytest.raises(BadInput, match="comes with colorlab"):
        find_weights()
    (tmp_path / "places.weights.h5").touch()
    assert find_weights() == find_weights("shipped") == tmp_path / "places.weights.h5"
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="empty holds no best.weights.h5"):
        find_weights(tmp_path / "empty")
    assert find_weights(str(tiny_run.folder)) == tiny_run.folder / "best.weights.h5"
    assert find_weights("some.weights.h5").name == "some.weights.h5"
    monkeypatch.setattr(runs, "ROOT", tiny_run.folder.parent)  # from a notebook's folder, relative to the checkout
    assert find_weights(tiny_run.folder.name) == tiny_run.folder / "best.weights.h5"
