"""Keep the records of notebook 11's trainings.

    colorlab run 11 -p dataset miniplaces -p batch_size 32 -p epochs 10 -p steps_per_epoch 30 \\
        -p compared '["adadelta 1e-6", "adadelta 1e-5", "adadelta 1e-3", "adadelta 0.1", "adamw 1e-3"]'
    python report/mystery.py runs/mystery-*

writes report/results/11_mystery/. (The picture of README and report is report/pictures.py's.)

    KERAS_BACKEND=jax python report/mystery.py --write-up RUN

trains at the write-up's own scale (depth 64, MiniPlaces, 25 epochs of 1,000 batches of 100, Adadelta at 1e-5) in the
run folder, for as long as you let it; and, on any backend, keeps the record of what was reached, and in its ways.json
what its weights paint in the three ways, which the notebook can't measure without them.
"""

import json
import sys

import numpy as np

from colorlab import color
from colorlab.base.backend import keras
from colorlab.base.paths import ROOT
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


def main(folders):
    for run in map(Run, folders):
        tried = f"{run.recipe['optimizer']}_{run.recipe['learning_rate']:g}"
        record = RESULTS / f"{run.provenance[0]['dataset']['name']}_{tried}"
        Run(record).refuse_other(run.identity)
        run.record(record, picture=False)


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
    write_up(sys.argv[2]) if sys.argv[1:2] == ["--write-up"] else main(sys.argv[1:])
