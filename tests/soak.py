"""What takes too long for `make test`: is memory flat over ten thousand steps, and what do checkpoints cost?

`make soak` runs it after a hundred kills of one training (test_interruption.py).
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from colorlab import callbacks, checkpoints, datasets, runs, training, weights
from colorlab.recipe import RECIPES, Recipe

STEPS, EVERY = 10_000, 1_000


def resident():
    """The memory this process holds now, MiB (Linux)."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 2**10


def memory(pocket, folder):
    """A whole training, with its validations and checkpoints, of a network so narrow that the steps are quick."""
    held = []

    class Watch(callbacks.Show):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            if self.progress.n % EVERY == 0:
                held.append(resident())

    training.Show = Watch
    recipe = Recipe(depth=2, batch_size=2, epochs=STEPS // 250, steps_per_epoch=250, validation_images=8, average=0.99)
    training.train(pocket, recipe, folder)
    training.Show = callbacks.Show
    print(f"memory every {EVERY:,} steps, MiB: {', '.join(f'{mib:.0f}' for mib in held)}")
    # The first thousands fill caches; what grows with the steps would still grow afterwards.
    print(f"from step {2 * EVERY:,} on it grew by {held[-1] - held[1]:+.0f} MiB")
    assert held[-1] - held[1] < 20, "memory grows with the steps"


def overhead(pocket, folder):
    """What an epoch of the recipe `places` pays for keeping what it reached."""
    recipe = RECIPES["places"]
    model = training.compiled(recipe, 100, 10)
    images = [datasets.batch(pocket.split("train"), step, recipe.batch_size, recipe.seed) for step in range(6)]
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
    with tempfile.TemporaryDirectory(dir=runs.ROOT) as temporary:
        memory(photographs, Path(temporary) / "memory")
        overhead(photographs, Path(temporary) / "overhead")
