"""Measure on MiniPlaces how the weight of the scene loss, and the loss of chroma, change the colours.

    python report/sweep.py        # resumes where it was stopped

Short runs of a network of depth 16, and longer ones of depth 32 with the values that the short ones left open; writes
their records and summary.csv into report/results/alpha/.
"""

import csv
from dataclasses import replace

from colorlab.base import paths
from colorlab.base.files import replacing
from colorlab.base.paths import ROOT
from colorlab.data import datasets
from colorlab.evaluation import metrics
from colorlab.training.loop import train
from colorlab.training.recipe import RECIPES

RESULTS = ROOT / "report" / "results" / "alpha"
SHORT = replace(
    RECIPES["places"], depth=16, epochs=3, steps_per_epoch=100, warmup_steps=50, learning_rate=2e-3, average=0.0
)
LONGER = replace(SHORT, depth=32, steps_per_epoch=400, warmup_steps=100, learning_rate=1e-3, validation_images=2000)
# Where the colours are off by what is usual, the slope of Huber is a third of squared error's: so is its alpha.
TRIALS = [
    *[("", replace(SHORT, alpha=alpha)) for alpha in (0.0, 1.0, 10.0, 100.0)],
    ("", replace(SHORT, loss="huber", alpha=3.0)),
    *[("longer_", replace(LONGER, alpha=alpha)) for alpha in (1.0, 10.0, 0.0, 100.0)],
]
MEASURED = ("chroma_loss_write_up", "below_grey", "psnr", "ciede2000", "colourfulness", "top1", "top5")


def every_fourth(dataset):
    """Fewer photographs, as many of each scene: enough to tell the runs apart."""
    parts = {name: getattr(dataset, name)[::4] for name in ("images", "labels", "colorless")}
    return replace(dataset, name=f"{dataset.name}, every fourth", **parts)


def main():
    data = datasets.load("miniplaces")
    validation = every_fourth(data.split("val"))
    rows = []
    for kind, trial in TRIALS:
        for seed in (0, 1):
            recipe = replace(trial, seed=seed)
            name = f"{kind}{recipe.loss}_alpha_{recipe.alpha:g}_seed_{seed}"
            run = train(data, recipe, paths.RUNS / "sweep" / name)
            result = metrics.evaluate(validation, run.model("last"), data.classes, data.split("train"))
            run.record(RESULTS / name, result, picture=False)
            tried = {key: getattr(recipe, key) for key in ("depth", "loss", "alpha", "seed")}
            images = int(run.history[-1]["step"] * recipe.batch_size)
            measured = {key: round(result["methods"]["model"][key], 3) for key in MEASURED}
            scene = {key: round(run.history[-1][key], 3) for key in ("val_scene_loss", "val_scene_accuracy")}
            rows.append({**tried, "images": images, **measured, **scene})
            print(rows[-1], flush=True)
    with replacing(RESULTS / "summary.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
