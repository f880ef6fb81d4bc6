"""Train the authors' network at several learning rates, and keep the records for notebook 11 and the report.

    python report/mystery.py

trains at six rates on MiniPlaces, 300 steps each, in runs/mystery, and writes report/results/11_mystery/miniplaces_*.

    KERAS_BACKEND=jax python report/mystery.py --write-up RUN

trains at the write-up's own scale (depth 64, MiniPlaces, 25 epochs of 1,000 batches of 100, Adadelta at 1e-5) in the
run folder, for as long as you let it; and, on any backend, keeps the record of what was reached, and in its ways.json
what its weights paint in the three ways, which the notebook can't measure without them.
"""

import json
import sys
from dataclasses import replace

import numpy as np

from colorlab import color
from colorlab.base.backend import keras
from colorlab.base.paths import ROOT, RUNS
from colorlab.data import datasets
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.networks.authors import authors_network, three_ways
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run

RESULTS = ROOT / "report" / "results" / "11_mystery"
WRITE_UP = Recipe(
    batch_size=100,
    epochs=25,
    steps_per_epoch=1000,
    optimizer="adadelta",
    learning_rate=1e-5,
    schedule="constant",
    validation_images=500,
)


SHORT = Recipe(depth=16, epochs=10, steps_per_epoch=30, schedule="constant", precision="float32", validation_images=16)
RATES = [("adadelta", rate) for rate in (1e-6, 1e-5, 1e-3, 0.1, 1.0)] + [("adamw", 1e-3)]


def main():
    data = datasets.load("miniplaces")
    for optimizer, rate in RATES:
        name = f"miniplaces_{optimizer}_{rate:g}"
        recipe = replace(SHORT, optimizer=optimizer, learning_rate=rate)
        run = train(data, recipe, RUNS / "mystery" / name, network=authors_network)
        run.record(RESULTS / name, picture=False)


def write_up(folder):
    run, record = Run(folder), RESULTS / "write_up_adadelta_1e-05"
    if keras.backend.backend() == "jax":
        try:
            train(datasets.load("miniplaces"), WRITE_UP, folder, network=authors_network)
        except (KeyboardInterrupt, SystemExit) as stopped:
            print(stopped)
    run.record(record, picture=False)

    def build():
        return authors_network(run.recipe["depth"], 100)

    model = build()
    model.load_weights(run.folder / "last.weights.h5")
    lightness, truth = color.encode(datasets.centre(datasets.load("pocket").split("val")))
    ways = {}
    for way, answers in three_ways(model, build, lightness).items():
        chroma = answers["chroma"]
        ways[way] = {
            "outside": float(np.mean((chroma < 0.1) | (chroma > 0.9))),
            "spread": float(255 * chroma.std(axis=(0, 1, 2)).mean()),  # Lab units
            "cost": float(WRITE_UP_BATCH * np.square(chroma - truth).sum(axis=(1, 2, 3)).mean()),
        }
    (record / "ways.json").write_text(json.dumps(ways, indent=2) + "\n")


if __name__ == "__main__":
    write_up(sys.argv[2]) if sys.argv[1:2] == ["--write-up"] else main()
