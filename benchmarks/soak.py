"""Two checks that take too long for `make test`: memory over ten thousand steps, and the cost of checkpoints.

`make soak` runs them after a hundred kills of one training (test_interruption.py).
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from colorlab.base import paths
from colorlab.base.backend import keras
from colorlab.data import batches, datasets
from colorlab.networks import weights
from colorlab.training import checkpoints
from colorlab.training.compile import compiled
from colorlab.training.loop import train
from colorlab.training.recipe import RECIPES, Recipe

STEPS, EVERY = 10_000, 1_000


def resident():
    """The memory this process holds now, MiB (Linux)."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 2**10


def memory(pocket, folder):
    """Train to the end, with validations and checkpoints, a network so narrow that the steps are quick."""
    held = []

    class Watch(keras.callbacks.Callback):
        steps = 0

        def on_train_batch_end(self, batch, logs=None):
            self.steps += 1
            if self.steps % EVERY == 0:
                held.append(resident())

    recipe = Recipe(depth=2, batch_size=2, epochs=STEPS // 250, steps_per_epoch=250, validation_images=8, average=0.99)
    train(pocket, recipe, folder, callbacks=[Watch()])
    print(f"memory every {EVERY:,} steps, MiB: {', '.join(f'{mib:.0f}' for mib in held)}")
    # The first thousands fill caches. A leak would grow after them, too.
    print(f"from step {2 * EVERY:,} on it grew by {held[-1] - held[1]:+.0f} MiB")
    assert held[-1] - held[1] < 20, "memory grows with the steps"


def overhead(pocket, folder):
    """Compare the time for saving weights and checkpoint with an epoch of the recipe "places"."""
    recipe = RECIPES["places"]
    model = compiled(recipe, 100, 10)
    images = [batches.batch(pocket.split("train"), step, recipe.sampling) for step in range(6)]
    seconds = []
    for batch in images:
        start = time.perf_counter()
        model.train_on_batch(*batch)
        seconds.append(time.perf_counter() - start)
    epoch = recipe.steps_per_epoch * float(np.median(seconds[1:]))
    folder.mkdir()
    kept = []
    for step in range(1, 4):
        start = time.perf_counter()
        weights.save(model, folder / "best.weights.h5", map(str, range(100)))
        weights.save(model, folder / "last.weights.h5", map(str, range(100)))
        variables = [np.asarray(variable) for variable in checkpoints.state(model)]
        checkpoints.write(folder, checkpoints.Checkpoint(step=step, variables=variables))
        kept.append(time.perf_counter() - start)
    megabytes = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    print(
        f"weights and checkpoint at depth {recipe.depth}: {np.median(kept):.1f} s once in {epoch:.0f} s of training, "
        f"{np.median(kept) / epoch:.1%}; {megabytes:.0f} MB on the disk"
    )
    assert np.median(kept) / epoch < 0.02, "checkpoints cost too much"


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("memory is read from /proc: this needs Linux")
    photographs = datasets.load("pocket")
    with tempfile.TemporaryDirectory(dir=paths.ROOT) as temporary:
        memory(photographs, Path(temporary) / "memory")
        overhead(photographs, Path(temporary) / "overhead")
