"""Training a tiny network on real photographs: what a run leaves, and that an interrupted run resumes exactly."""

import errno
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from making import assert_same_numbers, run_python, two_layers

from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.data import batches, datasets
from colorlab.training import checkpoints, loop
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run


def test_a_run_folder_holds_all_that_is_promised(tiny_run, tiny_recipe):
    files = {path.name for path in tiny_run.folder.iterdir()}
    assert files == {".lock", "recipe.json", "provenance.json", "history.csv", "checkpoint_00000003.npz",
                     "checkpoint_00000006.npz", "best.weights.h5", "last.weights.h5", "pictures"}  # fmt: skip
    assert Recipe(**tiny_run.recipe) == tiny_recipe
    assert tiny_run.column("step") == [3, 6]
    for name in ("loss", "chroma_loss", "scene_loss", "scene_accuracy", "val_chroma_loss", "images_per_second"):
        assert all(np.isfinite(tiny_run.column(name)))


def test_a_figure_can_be_traced_to_its_run(tiny_run, pocket):
    (start,) = tiny_run.provenance
    assert start["dataset"] == {"name": "pocket", "photographs": 184, "digest": pocket.digest}
    assert start["backend"] == keras.backend.backend() and start["versions"]["keras"] == keras.__version__
    assert start["hardware"]["cores"] == os.cpu_count()
    assert start["commit"] == "unknown" or len(start["commit"].rstrip("+")) == 40


def test_training_learns(pocket, tmp_path):
    """On a handful of photographs the loss must fall far below what any one colour could reach."""
    few = replace(pocket, splits={"train": (0, 8), "val": (0, 8)})
    recipe = Recipe(depth=8, batch_size=8, epochs=1, steps_per_epoch=80, alpha=0.1, shift=0, mirror=False,
                    learning_rate=3e-3, precision="float32")  # fmt: skip
    run = train(few, recipe, tmp_path / "run")
    lightness, truth = batches.encoded(datasets.centre(few.split("train")), few.labels[:8])
    predicted, chroma = run.model("last").predict_on_batch(lightness)["chroma"], truth["chroma"]

    def loss(answer):
        return np.mean(np.sum((answer - chroma) ** 2, axis=(1, 2, 3)))

    assert loss(predicted) < 0.6 * loss(chroma.mean(axis=(0, 1, 2)))


def test_training_starts_at_the_mean_color(pocket, tiny_recipe, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(loop, "set_output_bias", lambda model, mean: started.append(mean))
    train(pocket, replace(tiny_recipe, epochs=1, steps_per_epoch=1), tmp_path / "run", network=two_layers)
    np.testing.assert_array_equal(started, [datasets.mean_color(pocket.split("train"))])


def test_the_network_colors_in_training_as_its_file_does_in_a_new_process(pocket, tiny_recipe, tmp_path):
    watch = keras.callbacks.Callback()
    train(pocket, replace(tiny_recipe, precision="float32"), tmp_path / "run", callbacks=[watch])
    lightness, _ = batches.encoded(datasets.centre(pocket.split("val")), pocket.split("val").labels)
    np.save(tmp_path / "lightness.npy", lightness)
    program = """
import numpy as np
from colorlab.training.runs import Run
model = Run("run").model("last")
np.save("chroma.npy", model.predict_on_batch(np.load("lightness.npy"))["chroma"])
"""
    done = run_python(program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    chroma = watch.model.predict_on_batch(lightness)["chroma"]
    np.testing.assert_allclose(np.load(tmp_path / "chroma.npy"), chroma, atol=1e-5)


# ---- once more


def test_a_finished_run_is_returned_as_it_is(tiny_run, tiny_recipe, pocket):
    before = {path: path.stat().st_mtime_ns for path in tiny_run.folder.rglob("*")}
    train(pocket, tiny_recipe, tiny_run.folder)
    assert {path: path.stat().st_mtime_ns for path in tiny_run.folder.rglob("*")} == before


# ---- interrupted (killed: test_interruption.py; asked to stop: test_stopping.py)


def test_from_a_damaged_checkpoint_it_resumes_from_the_one_before(tiny_run, tiny_recipe, pocket, tmp_path):
    folder = shutil.copytree(tiny_run.folder, tmp_path / "run")
    (folder / "checkpoint_00000006.npz").write_bytes(b"")
    with pytest.warns(UserWarning, match="the one before is used, of step 3"):
        again = train(pocket, tiny_recipe, folder)
    assert_same_numbers(again, tiny_run)
    assert [start["from_step"] for start in again.provenance] == [0, 3]


def test_what_came_after_the_checkpoint_is_deleted(tiny_run, tiny_recipe, pocket, tmp_path, monkeypatch):
    folder = shutil.copytree(tiny_run.folder, tmp_path / "run")
    (folder / "checkpoint_00000006.npz").unlink()
    monkeypatch.setattr(loop, "_resume", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(pocket, tiny_recipe, folder)
    assert Run(folder).history == tiny_run.history[:1] and len(Run(folder).pictures) == 1


def test_a_run_without_its_checkpoints_is_not_begun_anew(tiny_run, tiny_recipe, pocket, tmp_path):
    folder = shutil.copytree(tiny_run.folder, tmp_path / "run")
    for path in checkpoints.found(folder):
        path.unlink()
    Run(folder).write_history([*tiny_run.history, *tiny_run.history])
    with pytest.raises(BadInput, match="holds 4 epochs, but no checkpoint that this program can resume from: choose"):
        train(pocket, tiny_recipe, folder)
    assert len(Run(folder).history) == 4


def test_a_full_disk_leaves_the_last_good_checkpoint(pocket, tiny_recipe, tmp_path, monkeypatch):
    """The disk fills up between the first epoch and the second."""
    savez = np.savez

    def fills_up(file, **arrays):
        if len(json.loads(arrays["facts"])["history"]) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        savez(file, **arrays)

    full = r"run cannot be written \(No space left on device\): make room .* from step 3"
    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", fills_up)
        with pytest.raises(BadInput, match=full):
            train(pocket, tiny_recipe, tmp_path / "run", network=two_layers)
    assert checkpoints.read(tmp_path / "run").step == 3
    assert train(pocket, tiny_recipe, tmp_path / "run", network=two_layers).column("step") == [3, 6]


# ---- what cannot be trained


def test_a_place_that_cannot_be_written_is_named(tiny_recipe, pocket, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="file/run cannot be written .*: check the disk and permissions and start again"):
        train(pocket, tiny_recipe, tmp_path / "file" / "run")


def test_a_data_set_without_color_is_refused(pocket, tmp_path):
    grey = replace(pocket, colorless=np.ones(len(pocket), bool))
    with pytest.raises(BadInput, match="no photograph with colour"):
        train(grey, Recipe(), tmp_path / "run")


def test_a_data_set_without_validation_photographs_is_refused(pocket, tiny_recipe, tmp_path):
    with pytest.raises(BadInput, match="no validation photographs"):
        train(replace(pocket, splits={"train": (0, 8), "val": (8, 8)}), tiny_recipe, tmp_path / "run")


# ---- TensorBoard


def test_without_tensorboard_its_logs_are_refused_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match="need the package tensorboard: install it, or train without them"):
        loop.tensorboard(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_tensorboards_logs(tiny_recipe, pocket, tmp_path):
    logs = [loop.tensorboard(tmp_path / "run")]
    run = train(pocket, replace(tiny_recipe, epochs=1), tmp_path / "run", network=two_layers, callbacks=logs)
    assert {path.parent.name for path in run.folder.rglob("events.out.*")} == {"train", "validation"}
