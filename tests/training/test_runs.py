"""Run folders: written whole, read back, recorded, and refused to a run of another identity or process."""

import json
import os
import shutil
import socket
from dataclasses import replace

import pytest
from making import assert_same_numbers, two_layers

from colorlab.base.errors import BadInput
from colorlab.networks import colorizer
from colorlab.training import checkpoints
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run, folder_for


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(BadInput, match="is not a run folder: it has no recipe.json"):
        _ = Run(tmp_path).recipe
    assert Run(tmp_path).history == []


def test_damaged_json_is_named(tmp_path):
    (tmp_path / "recipe.json").write_text("{")
    with pytest.raises(BadInput, match="recipe.json is damaged"):
        _ = Run(tmp_path).recipe


def test_a_column_that_was_not_recorded_is_named(tmp_path):
    Run(tmp_path).write_history([{"epoch": 1, "loss": 0.5}])
    with pytest.raises(BadInput, match="history.csv has no column val_loss, only: epoch, loss"):
        Run(tmp_path).column("val_loss")


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


def test_a_record_of_the_project_refuses_a_run_of_a_changed_program(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr("colorlab.training.runs.RESULTS", tmp_path / "results")
    monkeypatch.setattr("colorlab.training.runs.commit", lambda: "a" * 40)
    run = Run(shutil.copytree(tiny_run.folder, tmp_path / "run"))
    starts = [start | {"commit": "b" * 40} for start in run.provenance]
    run.write("provenance.json", json.dumps(starts))
    run.record(tmp_path / "results" / "mine")
    run.write("provenance.json", json.dumps([*starts, starts[0] | {"commit": "b" * 40 + "+"}]))
    with pytest.raises(BadInput, match="commit all changes"):
        run.record(tmp_path / "results" / "changed")
    assert not (tmp_path / "results" / "changed").exists()
    run.record(tmp_path / "elsewhere")


def test_a_folder_of_its_own_for_each_recipe_and_data_set(pocket):
    folders = {
        folder_for("course", recipe, dataset)
        for recipe in (Recipe(), Recipe(alpha=1.0))
        for dataset in (pocket, replace(pocket, digest="other"))
    }
    assert len(folders) == 4
    assert folder_for("course", Recipe(), pocket) in folders


def test_a_second_process_is_kept_out_of_a_run(pocket, tiny_recipe, tmp_path):
    run = Run(tmp_path / "run")
    with run.locked(), pytest.raises(BadInput, match=f"in use by process {os.getpid()} on "):
        train(pocket, tiny_recipe, run.folder)
    (run.folder / ".lock").write_text("process 1 on another-machine")  # left by one that was killed
    with run.locked():  # free again
        assert (run.folder / ".lock").read_text() == f"process {os.getpid()} on {socket.gethostname()}"


# ---- the identity of a run


def test_another_recipe_in_the_same_folder_is_refused_with_the_fields_that_differ(tiny_run, tiny_recipe, pocket):
    with pytest.raises(BadInput, match=r"another recipe \(alpha is 5.0 there and 1.0 here; seed is 0 there and 7"):
        train(pocket, replace(tiny_recipe, alpha=1.0, seed=7), tiny_run.folder)


def test_other_data_in_the_same_folder_is_refused(tiny_run, tiny_recipe, pocket):
    with pytest.raises(BadInput, match=f"other data .digest is {pocket.digest[:12]}… there and 000000000000… here"):
        train(replace(pocket, digest="0" * 64), tiny_recipe, tiny_run.folder)


def test_another_network_in_the_same_folder_is_refused(tiny_run, tiny_recipe, pocket):
    def wider(depth, scenes):
        return colorizer.colorizer(2 * depth, scenes)

    with pytest.raises(BadInput, match="another network .name is 'colorizer' there and 'wider' here"):
        train(pocket, tiny_recipe, tiny_run.folder, network=wider)


def test_the_checkpoint_of_another_recipe_is_refused(tiny_run, tiny_recipe, pocket, tmp_path):
    shutil.copy(tiny_run.folder / "checkpoint_00000006.npz", tmp_path)
    with pytest.raises(BadInput, match=r"another recipe \(depth is 4 there and 8 here\)"):
        train(pocket, replace(tiny_recipe, depth=8), tmp_path)


@pytest.fixture
def unnamed(tiny_run, tmp_path):
    """The tiny run after its first epoch, in the form of runs from before their network was recorded."""
    run = Run(shutil.copytree(tiny_run.folder, tmp_path / "unnamed"))
    (start,) = run.provenance
    for later in ("network", "devices", "processes"):
        del start[later]
    run.write("provenance.json", json.dumps([start]))
    (run.folder / "checkpoint_00000006.npz").unlink()
    checkpoint = checkpoints.read(run.folder)
    identity = {"recipe": run.recipe, "data": start["dataset"]}
    checkpoints.write(run.folder, replace(checkpoint, identity=identity))
    return run


def test_a_run_that_does_not_name_its_network_is_the_colorizers(unnamed, tiny_run, tiny_recipe, pocket):
    assert unnamed.identity == tiny_run.identity
    assert unnamed.identity["network"] == {"name": "colorizer"}
    with pytest.raises(BadInput, match="another network"):
        unnamed.refuse_other(unnamed.identity | {"network": {"name": "wider"}})

    resumed = train(pocket, tiny_recipe, unnamed.folder)
    assert_same_numbers(resumed, tiny_run)
    first, second = resumed.provenance
    assert "network" not in first and second["from_step"] == 3 and second["network"] == {"name": "colorizer"}


def test_the_checkpoint_of_another_network_is_refused(unnamed, tmp_path, pocket, tiny_recipe):
    """Also if it names none, and lies alone in the folder."""
    shutil.copy(unnamed.folder / "checkpoint_00000003.npz", tmp_path)
    with pytest.raises(BadInput, match="another network .name is 'colorizer' there and 'two_layers' here"):
        train(pocket, tiny_recipe, tmp_path, network=two_layers)
