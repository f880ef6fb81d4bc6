"""Training on real photographs with a tiny network: what a run leaves, going on exactly, and stopping clearly."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
from making import two_layers
from PIL import Image

from colorlab import BadInput, bins, checkpoints, classifier, color, datasets, networks, weights
from colorlab.averaging import take_average
from colorlab.backend import keras
from colorlab.callbacks import Show
from colorlab.checkpoints import restore
from colorlab.recipe import Recipe
from colorlab.runs import Run, folder_for
from colorlab.training import MEASURED, compiled, learning_rate, train, validated

TIMING = {"seconds", "images_per_second"}


def without_timing(history):
    return [{name: value for name, value in row.items() if name not in TIMING} for row in history]


def variables(run):
    return checkpoints.read(run.folder).variables


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


def test_the_pictures_show_grey_predicted_and_true(tiny_run):
    assert [path.name for path in tiny_run.pictures] == ["epoch_0001.png", "epoch_0002.png"]
    picture = np.asarray(Image.open(tiny_run.pictures[-1])).astype(int)
    assert picture.shape == (3 * 128, 8 * 128, 3)
    grey, predicted, true = picture[:128], picture[128:256], picture[256:]
    assert np.ptp(grey, axis=-1).max() <= 1 < np.ptp(true, axis=-1).mean()
    assert np.abs(predicted - grey).max() > 1


def test_training_learns(pocket, tmp_path):
    """On a handful of photographs the loss must fall far below what any one colour could reach."""
    few = replace(pocket, splits={"train": (0, 8), "val": (0, 8)})
    recipe = Recipe(depth=8, batch_size=8, epochs=1, steps_per_epoch=80, alpha=0.1, shift=0, mirror=False,
                    learning_rate=3e-3, precision="float32")  # fmt: skip
    run = train(few, recipe, tmp_path / "run")
    _, chroma = datasets.encoded(datasets.centre(few.split("train")), few.labels[:8])
    chroma = chroma["chroma"]
    mean_colour = np.mean(np.sum((chroma - chroma.mean(axis=(0, 1, 2))) ** 2, axis=(1, 2, 3)))
    lightness, _ = datasets.encoded(datasets.centre(few.split("train")), few.labels[:8])
    predicted = run.model("last").predict_on_batch(lightness)["chroma"]
    assert np.mean(np.sum((predicted - chroma) ** 2, axis=(1, 2, 3))) < 0.6 * mean_colour


def test_a_finished_run_is_returned_as_it_is(tiny_run, tiny_recipe, pocket):
    before = {path: path.stat().st_mtime_ns for path in tiny_run.folder.rglob("*")}
    train(pocket, tiny_recipe, tiny_run.folder)
    assert {path: path.stat().st_mtime_ns for path in tiny_run.folder.rglob("*")} == before


def test_the_same_seed_gives_the_same_run(tiny_run, tiny_recipe, pocket, tmp_path):
    again = train(pocket, tiny_recipe, tmp_path / "again")
    assert without_timing(again.history) == without_timing(tiny_run.history)
    for a, b in zip(variables(again), variables(tiny_run), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def without_graphs():
    """Making them takes most of the time of a training this small."""
    tensorflow = pytest.importorskip("tensorflow")
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


KILLED = """
import os, signal, sys
from colorlab import callbacks, datasets, training
from colorlab.recipe import Recipe

class KilledAtStep(callbacks.Show):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if self.progress.n == 5:
            os.kill(os.getpid(), signal.SIGKILL)

training.Show = KilledAtStep
training.train(datasets.load("pocket"), Recipe(**{recipe!r}), {folder!r})
"""


def test_a_killed_run_goes_on_bit_by_bit(tiny_run, tiny_recipe, pocket, tmp_path):
    """Killed in its second epoch and started again, a run ends with the numbers of one that was left alone."""
    script = KILLED.format(recipe=asdict(tiny_recipe), folder=str(tmp_path / "run"))
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert Run(tmp_path / "run").column("step") == [3]

    resumed = train(pocket, tiny_recipe, tmp_path / "run")
    assert without_timing(resumed.history) == without_timing(tiny_run.history)
    for a, b in zip(variables(resumed), variables(tiny_run), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [start["from_step"] for start in resumed.provenance] == [0, 3]  # both starts are on record
    assert [p.read_bytes() for p in resumed.pictures] == [p.read_bytes() for p in tiny_run.pictures]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("number", "ended", "average"), [(signal.SIGTERM, SystemExit, 0.9), (signal.SIGINT, KeyboardInterrupt, 0.0)]
)
def test_a_run_that_is_asked_to_stop_finishes_the_step(
    pocket, tiny_recipe, tmp_path, monkeypatch, number, ended, average
):
    """And goes on from there exactly, the means of the interrupted epoch and the averages of the weights included."""
    monkeypatch.setattr("colorlab.training.MEASURED", 3)
    recipe = replace(tiny_recipe, average=average)
    whole = train(pocket, recipe, tmp_path / "whole", network=two_layers)

    class Asked(Show):
        def on_train_batch_begin(self, batch, logs=None):
            if self.progress.n == 4:
                os.kill(os.getpid(), number)

    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with monkeypatch.context() as patch:
        patch.setattr("colorlab.training.Show", Asked)
        with pytest.raises(ended, match="stopped after step 5; started again, it goes on from there") as raised:
            train(pocket, recipe, tmp_path / "run", network=two_layers)
    assert number == signal.SIGINT or raised.value.code == 143
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers
    assert checkpoints.read(tmp_path / "run").step == 5 and len(Run(tmp_path / "run").history) == 1

    again = train(pocket, recipe, tmp_path / "run", network=two_layers)
    assert without_timing(again.history) == without_timing(whole.history)
    for a, b in zip(variables(again), variables(whole), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_run_that_is_asked_to_stop_while_it_validates_finishes_the_epoch(pocket, tiny_recipe, tmp_path, monkeypatch):
    write_picture = Run.write_picture
    monkeypatch.setattr(
        Run, "write_picture", lambda *given: (os.kill(os.getpid(), signal.SIGTERM), write_picture(*given))
    )
    with pytest.raises(SystemExit, match="stopped after step 3"):
        train(pocket, tiny_recipe, tmp_path / "run", network=two_layers)
    assert checkpoints.read(tmp_path / "run").step == 3 and len(Run(tmp_path / "run").history) == 1
    with pytest.raises(SystemExit, match="the training is complete"):
        train(pocket, tiny_recipe, tmp_path / "run", network=two_layers)
    assert train(pocket, tiny_recipe, tmp_path / "run", network=two_layers).column("step") == [3, 6]


def test_another_recipe_in_the_same_folder_is_refused_with_the_fields_that_differ(tiny_run, tiny_recipe, pocket):
    with pytest.raises(BadInput, match=r"another recipe \(alpha is 5.0 there and 1.0 here; seed is 0 there and 7"):
        train(pocket, replace(tiny_recipe, alpha=1.0, seed=7), tiny_run.folder)


def test_other_data_in_the_same_folder_is_refused(tiny_run, tiny_recipe, pocket):
    with pytest.raises(BadInput, match="other data .digest is 99edd68f1b4c… there and 000000000000… here"):
        train(replace(pocket, digest="0" * 64), tiny_recipe, tiny_run.folder)


def test_another_network_in_the_same_folder_is_refused(tiny_run, tiny_recipe, pocket):
    def wider(depth, scenes):
        return networks.colorizer(2 * depth, scenes)

    with pytest.raises(BadInput, match="another network .name is 'colorizer' there and 'wider' here"):
        train(pocket, tiny_recipe, tiny_run.folder, network=wider)


def test_a_run_from_before_networks_were_noted_is_the_colorizers(tiny_run, tmp_path):
    here = tiny_run.identity
    there = {what: here[what] for what in ("recipe", "data")}
    tiny_run.refuse_differences(there, here)
    run = Run(tmp_path)
    run.write("recipe.json", json.dumps(tiny_run.recipe))
    run.write("provenance.json", json.dumps([{"dataset": here["data"]}]))
    assert run.identity == here
    with pytest.raises(BadInput, match="another network"):
        tiny_run.refuse_differences(there, here | {"network": {"name": "wider"}})


def test_from_a_damaged_checkpoint_the_one_before_is_gone_on_from(tiny_run, tiny_recipe, pocket, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(tiny_run.folder, folder)
    (folder / "checkpoint_00000006.npz").write_bytes(b"")
    with pytest.warns(UserWarning, match="the one before is used, of step 3"):
        again = train(pocket, tiny_recipe, folder)
    assert without_timing(again.history) == without_timing(tiny_run.history)
    for a, b in zip(variables(again), variables(tiny_run), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [start["from_step"] for start in again.provenance] == [0, 3]


def test_what_came_after_the_checkpoint_is_taken_back(tiny_run, tiny_recipe, pocket, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(tiny_run.folder, folder)
    (folder / "checkpoint_00000006.npz").unlink()
    monkeypatch.setattr("colorlab.training._go_on", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(pocket, tiny_recipe, folder)
    assert Run(folder).history == tiny_run.history[:1] and len(Run(folder).pictures) == 1


def test_a_run_without_its_checkpoints_is_not_begun_anew(tiny_run, tiny_recipe, pocket, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(tiny_run.folder, folder)
    for path in checkpoints.found(folder):
        path.unlink()
    Run(folder).write_history([*tiny_run.history, *tiny_run.history])
    with pytest.raises(BadInput, match="holds 4 epochs, but no checkpoint that this program can go on from: choose"):
        train(pocket, tiny_recipe, folder)
    assert len(Run(folder).history) == 4


def test_a_place_that_cannot_be_written_is_named(tiny_recipe, pocket, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="file/run cannot be written .*: see to it that it can and start again"):
        train(pocket, tiny_recipe, tmp_path / "file" / "run")


def test_tensorboard_is_asked_for_before_anything_is_written(tiny_recipe, pocket, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match="need the package tensorboard: install it, or train without them"):
        train(pocket, tiny_recipe, tmp_path / "run", tensorboard=True)
    assert not (tmp_path / "run").exists()


def test_tensorboards_logs(tiny_recipe, pocket, tmp_path):
    run = train(pocket, replace(tiny_recipe, epochs=1), tmp_path / "run", tensorboard=True, network=two_layers)
    assert {path.parent.name for path in run.folder.rglob("events.out.*")} == {"train", "validation"}


def test_the_checkpoint_of_another_recipe_is_refused(tiny_run, tiny_recipe, pocket, tmp_path):
    shutil.copy(tiny_run.folder / "checkpoint_00000006.npz", tmp_path)
    with pytest.raises(BadInput, match=r"another recipe \(depth is 4 there and 8 here\)"):
        train(pocket, replace(tiny_recipe, depth=8), tmp_path)


def test_a_training_that_runs_away_stops_and_says_what_to_try(pocket, tmp_path):
    recipe = Recipe(depth=2, batch_size=4, epochs=50, steps_per_epoch=2, learning_rate=1e30, schedule="constant",
                    precision="float32", validation_images=2)  # fmt: skip
    with pytest.raises(BadInput, match=r"after step \d+: try a lower learning_rate|became (nan|inf) at step \d+: try"):
        train(pocket, recipe, tmp_path / "run")
    assert all(np.isfinite(list(row.values())).all() for row in Run(tmp_path / "run").history)


def test_spoilt_weights_are_never_kept(pocket, tmp_path):
    """The loss of the only step is fine; the update after it is not."""
    recipe = Recipe(depth=2, batch_size=4, epochs=1, steps_per_epoch=1, learning_rate=1e38, schedule="constant",
                    precision="float32", validation_images=2)  # fmt: skip
    with pytest.raises(BadInput, match="no longer finite numbers after step 1: try a lower learning_rate"):
        train(pocket, recipe, tmp_path / "run", network=two_layers)
    assert not list((tmp_path / "run").glob("*.h5")) and not checkpoints.found(tmp_path / "run")


def test_a_loss_that_explodes_stops_the_training(pocket, tiny_recipe, tmp_path, monkeypatch):
    """It keeps what was reached before, and says when it happened and what to try."""
    monkeypatch.setattr("colorlab.callbacks.EXPLODED", 1.01)
    recipe = replace(tiny_recipe, learning_rate=0.3, schedule="constant")
    with pytest.raises(
        BadInput, match=r"grown from \S+ to about \S+ at step [2-6]: try a lower learning_rate.*step \d\)"
    ):
        train(pocket, recipe, tmp_path / "run", network=two_layers)


def test_a_full_disk_leaves_the_last_good_checkpoint(pocket, tiny_recipe, tmp_path, monkeypatch):
    """The disk fills up between the first epoch and the second."""
    savez = np.savez

    def fills_up(file, **arrays):
        if len(json.loads(arrays["facts"])["history"]) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        savez(file, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", fills_up)
        with pytest.raises(
            BadInput, match=r"run cannot be written \(No space left on device\): make room .* from step 3"
        ):
            train(pocket, tiny_recipe, tmp_path / "run", network=two_layers)
    assert checkpoints.read(tmp_path / "run").step == 3
    assert train(pocket, tiny_recipe, tmp_path / "run", network=two_layers).column("step") == [3, 6]


def test_a_second_process_is_kept_out_of_a_run(pocket, tiny_recipe, tmp_path):
    run = Run(tmp_path / "run")
    with run.locked(), pytest.raises(BadInput, match=f"in use by process {os.getpid()} on "):
        train(pocket, tiny_recipe, run.folder)
    (run.folder / ".lock").write_text("process 1 on another-machine")  # left by one that was killed
    with run.locked():  # free again
        assert (run.folder / ".lock").read_text() == f"process {os.getpid()} on {socket.gethostname()}"


def test_a_data_set_without_colour_is_refused(pocket, tmp_path):
    grey = replace(pocket, colourless=np.ones(len(pocket), bool))
    with pytest.raises(BadInput, match="no photograph with colour"):
        train(grey, Recipe(), tmp_path / "run")


def test_a_data_set_without_validation_photographs_is_refused(pocket, tiny_recipe, tmp_path):
    with pytest.raises(BadInput, match="no validation photographs"):
        train(replace(pocket, splits={"train": (0, 8), "val": (8, 8)}), tiny_recipe, tmp_path / "run")


@pytest.mark.parametrize("optimizer", ["adadelta", "adam", "adamw"])
def test_optimizers(optimizer):
    model = compiled(Recipe(depth=2, optimizer=optimizer, learning_rate=0.5), scenes=3, steps=10)
    assert type(model.optimizer).__name__.lower() == optimizer
    if optimizer == "adadelta":
        assert model.optimizer.rho == 0.95


def test_cosine_with_warm_up():
    rate = learning_rate(Recipe(learning_rate=0.2, warmup_steps=10), steps=110)
    values = [float(rate(step)) for step in (0, 5, 10, 60, 110)]
    np.testing.assert_allclose(values, [0, 0.1, 0.2, 0.1, 0], atol=1e-6)


def test_constant_with_warm_up_stays_up():
    rate = learning_rate(Recipe(learning_rate=0.2, warmup_steps=10, schedule="constant"), steps=110)
    np.testing.assert_allclose([float(rate(step)) for step in (5, 10, 60, 110)], [0.1, 0.2, 0.2, 0.2], atol=1e-6)


def test_bfloat16_computes_in_halves_and_keeps_what_must_be_exact():
    model = compiled(Recipe(depth=2, precision="mixed_bfloat16"), scenes=3, steps=1)
    assert model.get_layer("low_level_1").compute_dtype == "bfloat16"
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
    assert model.output["chroma"].dtype == model.output["scene"].dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"  # the setting does not leak


def test_a_folder_of_its_own_for_each_recipe_and_data_set(pocket):
    folders = {
        folder_for("course", recipe, dataset)
        for recipe in (Recipe(), Recipe(alpha=1.0))
        for dataset in (pocket, replace(pocket, digest="other"))
    }
    assert len(folders) == 4
    assert folder_for("course", Recipe(), pocket) in folders


@pytest.mark.parametrize("count", [1, 23, 64, 65, 100, 251, 1000])
def test_validation_goes_in_batches_of_one_size(count):
    """Keras averages an output's loss over batches, so that a short last one would count for too much."""
    chosen, together = validated(count, 256)
    assert len(chosen) % together == 0 and together <= 64
    assert 0.95 * min(count, 256) < len(chosen) <= 256


@pytest.mark.usefixtures("without_graphs")
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_the_average_of_the_weights_is_validated_and_kept(pocket, tiny_recipe, tmp_path):
    run = train(pocket, replace(tiny_recipe, average=0.9), tmp_path / "run")
    model = compiled(Recipe(**run.recipe), len(pocket.classes), 6)
    restore(model, checkpoints.read(run.folder))
    raw = model.get_layer("mid_level_1").kernel
    kept = np.asarray(run.model("last").get_layer("mid_level_1").kernel)
    assert np.abs(kept - raw).max() > 1e-5
    before = [np.array(variable) for variable in model.weights]
    training, recipe = pocket.split("train"), Recipe(**run.recipe)
    batches = [
        datasets.batch(training, n, recipe.batch_size, recipe.seed, recipe.shift, recipe.mirror)[0]
        for n in range(MEASURED)
    ]
    copy = compiled(recipe, len(pocket.classes), 6)
    take_average(copy, model, batches)
    np.testing.assert_array_equal(copy.get_layer("mid_level_1").kernel, kept)
    last = run.model("last").get_layer("mid_level_1_norm")
    np.testing.assert_array_equal(copy.get_layer("mid_level_1_norm").moving_mean, last.moving_mean)
    first = copy.get_layer("low_level_1")
    maps = [np.asarray(first(batch)).astype("float32") for batch in batches]
    expected = np.mean(maps, axis=(0, 1, 2, 3))
    np.testing.assert_allclose(copy.get_layer("low_level_1_norm").moving_mean, expected, atol=2e-3)
    photographs = datasets.centre(pocket.split("val"))[datasets.spread(23, 8)]
    labels = pocket.split("val").labels[datasets.spread(23, 8)]
    measured = copy.evaluate(*datasets.encoded(photographs, labels), verbose=0, return_dict=True)
    for variable, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert measured["chroma_loss"] == pytest.approx(run.history[-1]["val_chroma_loss"], rel=1e-3)


def test_a_run_that_averages_goes_on_exactly_after_it_was_ended(pocket, tiny_recipe, tmp_path):
    recipe = replace(tiny_recipe, average=0.9, loss="huber")
    whole = train(pocket, recipe, tmp_path / "whole", network=two_layers)

    def killed_in_the_second_epoch(run, rows):
        if len(rows) == 2:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "write_history", killed_in_the_second_epoch)
        with pytest.raises(KeyboardInterrupt):
            train(pocket, recipe, tmp_path / "halved", network=two_layers)
    again = train(pocket, recipe, tmp_path / "halved", network=two_layers)
    for a, b in zip(variables(again), variables(whole), strict=True):
        np.testing.assert_array_equal(a, b)


def test_training_starts_at_the_mean_colour(pocket, tiny_recipe, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr("colorlab.networks.start_at", lambda model, mean: started.append(mean))
    train(pocket, replace(tiny_recipe, epochs=1, steps_per_epoch=1), tmp_path / "run")
    np.testing.assert_array_equal(started, [datasets.mean_colour(pocket.split("train"))])


def test_the_network_colours_in_training_as_its_file_does_in_a_new_process(pocket, tiny_recipe, tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr("colorlab.training.compiled", lambda *given: trained.append(compiled(*given)) or trained[0])
    run = train(pocket, replace(tiny_recipe, precision="float32"), tmp_path / "run")
    lightness, _ = datasets.encoded(datasets.centre(pocket.split("val")), pocket.split("val").labels)
    np.save(tmp_path / "lightness.npy", lightness)
    program = """
import numpy as np
from colorlab.runs import Run
model = Run("run").model("last")
np.save("chroma.npy", model.predict_on_batch(np.load("lightness.npy"))["chroma"])
"""
    subprocess.run([sys.executable, "-c", program], cwd=run.folder.parent, check=True)
    chroma = trained[0].predict_on_batch(lightness)["chroma"]
    np.testing.assert_allclose(np.load(tmp_path / "chroma.npy"), chroma, atol=1e-5)


@pytest.mark.parametrize(
    ("loss", "network"),
    [("bins", networks.colorizer), ("squared", classifier.classifier), ("huber", classifier.classifier)],
)
def test_a_loss_that_does_not_fit_the_network_is_refused(pocket, tiny_recipe, tmp_path, loss, network):
    few = replace(pocket, splits={"train": (0, 8), "val": (0, 8)})
    with pytest.raises(BadInput, match=f"^recipe: loss is '{loss}', which does not fit the network {network.__name__}"):
        train(few, replace(tiny_recipe, loss=loss), tmp_path / "run", network=network)
    assert not Run(tmp_path / "run").history and not (tmp_path / "run" / "recipe.json").exists()


def test_a_classifier_on_the_shipped_networks_learns_its_own_layers_and_colours(
    tiny_run, tiny_recipe, pocket, tmp_path, monkeypatch
):
    """With its averages: the statistics of the shipped networks are not measured anew."""
    monkeypatch.setattr("colorlab.training.MEASURED", 1)
    monkeypatch.setattr("colorlab.runs.find_weights", lambda *given: tiny_run.folder / "last.weights.h5")
    few = replace(pocket, splits={"train": (0, 8), "val": (0, 8)})
    recipe = replace(tiny_recipe, loss="bins", alpha=0.0, average=0.9, epochs=1)
    run = train(few, recipe, tmp_path / "run", network=classifier.on_shipped_trunk)
    assert 0 < run.column("val_chroma_loss")[0] < np.inf

    trained, _ = weights.load_trained(run.folder / "last.weights.h5")
    for layer in tiny_run.model("last").layers:
        if layer.weights and not layer.name.startswith("colorization"):
            for ours, theirs in zip(trained.get_layer(layer.name).weights, layer.weights, strict=True):
                np.testing.assert_array_equal(ours, theirs)
    assert np.any(trained.get_layer("colorization_3").bias)  # which begins at zero
    np.testing.assert_allclose(trained.rarity, bins.rarity(bins.prior(few.split("train"))), atol=1e-5)

    lightness, _ = color.encode(datasets.centre(few)[:8])
    chroma = np.asarray(run.model("last")(lightness)["chroma"])
    assert chroma.shape == (8, 64, 64, 2) and 0 < chroma.min() < chroma.max() < 1
    _, pictured, _ = np.split(np.asarray(Image.open(run.pictures[-1])).astype(int), 3)
    assert np.abs(pictured - np.hstack(color.decode(lightness, chroma))).mean() < 3
