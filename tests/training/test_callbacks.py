"""What happens while Keras trains: a training that diverges is stopped, and the pictures show what it predicts."""

from dataclasses import replace

import numpy as np
import pytest
from making import two_layers
from PIL import Image

from colorlab.base.devices import DeviceMesh
from colorlab.base.errors import BadInput
from colorlab.training import callbacks, checkpoints
from colorlab.training.callbacks import Diverged, Session, StopOnDivergence
from colorlab.training.checkpoints import Checkpoint
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run


def test_an_explosion_late_in_an_epoch_is_seen_within_some_steps(tmp_path):
    """The mean over the epoch, which is what Keras gives, would hide it."""
    guard = StopOnDivergence(Session(Run(tmp_path), Checkpoint(), DeviceMesh(), steps_per_epoch=1000, stops=[]))
    losses = [100.0, *[50.0] * 800, 350.0, *[1000.0] * 9]
    with pytest.raises(Diverged, match="the loss had grown from 100 to about 4.* at step 80[5-9]: try"):
        for number in range(1, len(losses) + 1):
            guard.on_train_batch_end(number - 1, {"loss": np.mean(losses[:number])})


def test_a_training_that_runs_away_stops_and_says_what_to_try(pocket, tmp_path):
    recipe = Recipe(depth=2, batch_size=4, epochs=50, steps_per_epoch=2, learning_rate=1e30, schedule="constant",
                    precision="float32", validation_images=2)  # fmt: skip
    with pytest.raises(Diverged, match=r"after step \d+: try a lower learning_rate|became (nan|inf) at step \d+: try"):
        train(pocket, recipe, tmp_path / "run")
    assert all(np.isfinite(list(row.values())).all() for row in Run(tmp_path / "run").history)


def test_spoilt_weights_are_never_kept(pocket, tmp_path):
    """The loss of the only step is fine; the update after it is not."""
    recipe = Recipe(depth=2, batch_size=4, epochs=1, steps_per_epoch=1, learning_rate=1e38, schedule="constant",
                    precision="float32", validation_images=2)  # fmt: skip
    with pytest.raises(Diverged, match="no longer finite numbers after step 1: try a lower learning_rate"):
        train(pocket, recipe, tmp_path / "run", network=two_layers)
    assert not list((tmp_path / "run").glob("*.h5")) and not checkpoints.found(tmp_path / "run")


def test_a_loss_that_explodes_stops_the_training(pocket, tiny_recipe, tmp_path, monkeypatch):
    """It keeps what was reached before, and says when it happened and what to try."""
    monkeypatch.setattr(callbacks, "EXPLODED", 1.01)
    recipe = replace(tiny_recipe, learning_rate=0.3, schedule="constant")
    said = r"grown from \S+ to about \S+ at step [2-6]: try a lower learning_rate.*step \d\)"
    with pytest.raises(BadInput, match=said):
        train(pocket, recipe, tmp_path / "run", network=two_layers)


def test_the_pictures_show_grey_predicted_and_true(tiny_run):
    assert [path.name for path in tiny_run.pictures] == ["epoch_0001.png", "epoch_0002.png"]
    picture = np.asarray(Image.open(tiny_run.pictures[-1])).astype(int)
    assert picture.shape == (3 * 128, 8 * 128, 3)
    grey, predicted, true = picture[:128], picture[128:256], picture[256:]
    assert np.ptp(grey, axis=-1).max() <= 1 < np.ptp(true, axis=-1).mean()
    assert np.abs(predicted - grey).max() > 1
