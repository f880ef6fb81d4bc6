"""Take the parts of the write-up's network away, one at a time, and train long enough to see a difference.

    python report/ablations.py            trains in runs/ablations, resumes there, then writes the record
    python report/ablations.py --collect  writes the record of what is trained already

Each arm gets the best of three learning rates, chosen by one training of half the length each (seed 100), on the
validation photographs of even number. Five trainings (seeds 0 to 4) are then measured on those of odd number. Writes
report/results/12_next_steps/ablations.json. Needs MiniPlaces, packed as "miniplaces".
"""

import json
import sys
from dataclasses import replace

import numpy as np

from colorlab import color
from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.paths import RESULTS, RUNS
from colorlab.base.provenance import refuse_changed
from colorlab.data import datasets
from colorlab.networks import colorizer
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run

RECORD = RESULTS / "12_next_steps" / "ablations.json"
RECIPE = Recipe(
    depth=32,
    batch_size=32,
    epochs=4,
    steps_per_epoch=500,
    warmup_steps=200,
    alpha=100.0,
    shift=12,
    validation_images=256,
)
RATES = (3e-4, 1e-3, 3e-3)
SEEDS, CHOOSING = (0, 1, 2, 3, 4), 100
BATCH = 50


def without_normalization(depth, scenes):
    """Every batch normalization stays as new (scale 1, offset 0, mean 0, variance 1), so that it does nothing."""
    model = colorizer.colorizer(depth, scenes)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return model


def without_first_weights(depth, scenes):
    """Every first weight is drawn with a standard deviation of 0.1, as in an early version of the authors' program."""
    model = colorizer.colorizer(depth, scenes)
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(keras.random.normal(layer.kernel.shape, stddev=0.1))
    return model


def without_global_features(depth, scenes):
    """The fusion gets zeros in place of the global features; the scene is still told from them."""
    lightness = keras.Input((128, 128, 1), name="lightness")
    low = colorizer.low_level(lightness, depth)
    for_classification, y_global = colorizer.global_features(low, depth)
    nothing = keras.layers.Rescaling(0.0, name="nothing")(y_global)
    fused = colorizer.fusion(nothing, colorizer.mid_level(low, depth), depth)
    chroma = colorizer.colorization(fused, depth)
    scene = colorizer.classification(for_classification, scenes, depth)
    return keras.Model(lightness, {"chroma": chroma, "scene": scene}, name="without_global_features")


ARMS = {  # what is removed -> the network, alpha
    "nothing": (colorizer.colorizer, RECIPE.alpha),
    "normalization": (without_normalization, RECIPE.alpha),
    "first weights": (without_first_weights, RECIPE.alpha),
    "global features": (without_global_features, RECIPE.alpha),
    "scene loss": (colorizer.colorizer, 0.0),
}


def main(collect=False):
    data = datasets.load("miniplaces")
    runs = {}
    for rate in RATES:
        for arm in ARMS:
            runs[arm, rate, CHOOSING] = trained(data, arm, rate, CHOOSING, collect)
    best = {arm: best_rate({rate: runs[arm, rate, CHOOSING] for rate in RATES}) for arm in ARMS}
    for seed in SEEDS:
        for arm in ARMS:
            if best[arm]:
                runs[arm, best[arm], seed] = trained(data, arm, best[arm], seed, collect)
    rows = [
        {"without": arm, "learning_rate": rate, "seed": seed} | (measured_of(run) if run else {"state": "missing"})
        for (arm, rate, seed), run in runs.items()
    ]
    with replacing(RECORD) as temporary:
        temporary.write_text(json.dumps({"rates": best, "trainings": rows}, indent=1) + "\n")


def trained(data, arm, rate, seed, collect):
    """The folder of a training that has been measured, or None if it is not there yet."""
    network, alpha = ARMS[arm]
    folder = RUNS / "ablations" / f"{arm.replace(' ', '-')}_rate_{rate:g}_seed_{seed}"
    if not (folder / "ablation.json").exists() and not collect:
        try:
            epochs = RECIPE.epochs // 2 if seed == CHOOSING else RECIPE.epochs
            recipe = replace(RECIPE, learning_rate=rate, alpha=alpha, seed=seed, epochs=epochs)
            found = measured(train(data, recipe, folder, network), network, data)
        except BadInput as error:
            if "try a lower learning_rate" not in str(error):  # what the package says of a loss that runs away
                raise
            found = {"state": "diverged"}
        (folder / "ablation.json").write_text(json.dumps(found))
        keras.backend.clear_session()
    return folder if (folder / "ablation.json").exists() else None


def measured(run, network, data) -> dict:
    """Colour loss and scenes of the last weights: means over the photographs of even and of odd number."""
    model = network(run.recipe["depth"], len(data.classes))
    model.load_weights(run.folder / "last.weights.h5")
    photographs = data.split("val")
    losses, right = [], []
    for start in range(0, len(photographs), BATCH):
        lightness, chroma = color.encode(datasets.centre(photographs)[start : start + BATCH])
        answer = model.predict_on_batch(lightness)
        losses.append(np.square(answer["chroma"] - chroma).sum(axis=(1, 2, 3)))
        right.append(answer["scene"].argmax(axis=1) == photographs.labels[start : start + BATCH])
    losses, right = np.concatenate(losses), np.concatenate(right)
    halves = {"choose": slice(0, None, 2), "report": slice(1, None, 2)}
    return {"state": "trained"} | {
        half: {"colour_loss": float(losses[which].mean()), "scenes": float(right[which].mean())}
        for half, which in halves.items()
    }


def best_rate(folders) -> float | None:
    """The learning rate whose colours cost least on the photographs of even number."""
    found = {rate: json.loads((folder / "ablation.json").read_text()) for rate, folder in folders.items() if folder}
    costs = {rate: one["choose"]["colour_loss"] for rate, one in found.items() if one["state"] == "trained"}
    return min(costs, key=costs.get) if costs else None


def measured_of(folder) -> dict:
    """What the record keeps of a training."""
    run = Run(folder)
    start = run.provenance[0]
    refuse_changed([start["commit"]])
    kept = {name: start[name] for name in ("started", "commit", "versions", "hardware", "dataset")}
    return json.loads((folder / "ablation.json").read_text()) | {"recipe": run.recipe, "history": run.history} | kept


if __name__ == "__main__":
    main(collect="--collect" in sys.argv)
