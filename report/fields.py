"""Train the authors' network many times, and record what each paints with new batch-normalization variables.

    python report/fields.py            trains in runs/fields, resumes there, then writes the record
    python report/fields.py --collect  writes the record of what is trained already

writes report/results/11_mystery/fields.json: each run's recipe, history and provenance, and its answers for the
validation photographs of pocket every 50 steps. fields.npz has the answers for china.jpg of data/gallery after 100, 200
and 400 steps: a and b + 128, bytes, 32x32. Notebook 11 shows those after 200.
It needs MiniPlaces in data/packed/miniplaces.
"""

import json
import sys
from dataclasses import replace
from hashlib import sha256

import numpy as np

from colorlab import color
from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.paths import DATA, RESULTS, RUNS
from colorlab.base.provenance import refuse_changed
from colorlab.data import datasets
from colorlab.data.photographs import read_photograph
from colorlab.evaluation.overflow import response_to_lightness
from colorlab.networks.authors import authors_network, built_again, three_ways
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run

RECORD = RESULTS / "11_mystery" / "fields.json"
PICTURED = (100, 200, 400)  # steps after which the answer for one photograph is kept
SHORT = Recipe(
    depth=16,
    batch_size=32,
    epochs=8,
    steps_per_epoch=50,
    optimizer="adadelta",
    learning_rate=1.0,
    schedule="constant",
    shift=0,
    mirror=False,
    validation_images=16,
)
ARMS = {  # name -> recipe, number of seeds
    "adadelta 1": (SHORT, 6),
    "adadelta 0.1": (replace(SHORT, learning_rate=0.1), 10),
    "adamw 1e-3": (replace(SHORT, optimizer="adamw", learning_rate=1e-3), 3),
    "adadelta 1e-5": (replace(SHORT, learning_rate=1e-5), 2),
    "adadelta 0.1, depth 64": (replace(SHORT, learning_rate=0.1, depth=64, epochs=4), 1),
}


class Measure(keras.callbacks.Callback):
    """After each epoch, and before the first, measure what the network answers with new variables."""

    def __init__(self, run, depth, scenes, photographs):
        super().__init__()
        self.run, self.lightness, self.truth = run, *color.encode(photographs)
        self.build = lambda: authors_network(depth, scenes)
        china = read_photograph(DATA / "gallery" / "china.jpg").convert("RGB").resize((128, 128))
        self.china, _ = color.encode(np.asarray(china)[None])
        self.rows = self.run.folder / "fields.json"

    def on_train_begin(self, logs=None):
        if not self.rows.exists():
            self._measure(0)

    def on_epoch_end(self, epoch, logs=None):
        self._measure((epoch + 1) * self.run.recipe["steps_per_epoch"])

    def _measure(self, step):
        rows = [row for row in self._read() if row["step"] < step]
        again = built_again(self.model, self.build)
        chroma = np.asarray(again(self.lightness, training=False)["chroma"])
        own = np.asarray(self.model(self.lightness, training=False)["chroma"])
        row = {"step": step, "new variables": described(chroma, self.truth, self.lightness)}
        row["population statistics"] = described(own, self.truth, self.lightness)
        if step in PICTURED:
            answer = color.halved(np.asarray(again(self.china, training=False)["chroma"]))[0]
            row["china"] = color.to_uint8(answer).tolist()
        with replacing(self.rows) as beside:
            beside.write_text(json.dumps([*rows, row]))

    def _read(self):
        return json.loads(self.rows.read_text()) if self.rows.exists() else []


def described(chroma, truth, lightness) -> dict:
    """Describe answers (N, 64, 64, 2) in Lab units. Percentiles are the 1st, 50th and 99th over all pixels."""
    ab = color.ab_of(chroma).astype("float64")
    step = np.linalg.norm(np.diff(ab, axis=2), axis=-1)
    mean = ab.mean(axis=(0, 1, 2))
    strength = np.linalg.norm(ab - color.ab_of(0.5), axis=-1)
    hue = np.arctan2(ab[..., 1], ab[..., 0]) - np.arctan2(mean[1], mean[0])
    rgb = color.unclipped_rgb(color.lab_of(lightness, color.enlarged(chroma, (128, 128))))
    outside = ((rgb < -0.5 / 255) | (rgb > 255.5 / 255)).any(axis=-1)
    return {
        "a": np.percentile(ab[..., 0], (1, 50, 99)).round(2).tolist(),
        "b": np.percentile(ab[..., 1], (1, 50, 99)).round(2).tolist(),
        "photographs": ab.mean(axis=(1, 2)).round(2).tolist(),  # mean a and b of each
        "strength": strength.mean(axis=(1, 2)).round(2).tolist(),  # mean distance from 1/2 of each
        "step": round(float(step.mean()), 3),  # between neighbours in a row, mean
        "one hue": share(np.cos(hue[strength > 5]) > np.cos(np.pi / 4)),  # of pixels with colour: near the mean hue
        "at the ends": share((chroma < 0.1) | (chroma > 0.9)),
        "overflows": share(outside),  # share of pixels with a channel outside of 0 to 255
        "cost": round(float(np.square(chroma - truth).sum(axis=(1, 2, 3)).mean()), 3),
    }


def share(chosen):
    return round(float(chosen.mean()), 4) if chosen.size else None


def folder_of(name, seed):
    return RUNS / "fields" / f"{name.replace(', ', '_').replace(' ', '_')}_seed_{seed}"


def main(arms):
    data = datasets.load("miniplaces")
    photographs = datasets.centre(datasets.load("pocket").split("val"))
    for name in arms:
        recipe, seeds = ARMS[name]
        for seed in range(seeds):
            run = Run(folder_of(name, seed))
            measure = Measure(run, recipe.depth, len(data.classes), photographs)
            train(data, replace(recipe, seed=seed), run.folder, network=authors_network, callbacks=[measure])


def responses(run, photographs) -> dict:
    """How the last answers of a run follow lightness: way -> explained variance, or None for what is nearly grey."""
    lightness, _ = color.encode(photographs)

    def build():
        return authors_network(run.recipe["depth"], 100)

    model = build()
    model.load_weights(run.folder / "last.weights.h5")
    found = {}
    for way, layers in three_ways(model, build, lightness).items():
        found[way] = []
        for ab, light in zip(color.ab_of(layers["chroma"]), 50 * lightness[..., 0] + 50, strict=True):
            explained = response_to_lightness(ab, light).explained
            found[way].append(None if np.isnan(explained) else round(explained, 3))
    return found


def collect():
    photographs = datasets.centre(datasets.load("pocket").split("val"))
    runs, pictures = [], {}
    for name, (_, seeds) in ARMS.items():
        for seed in range(seeds):
            run = Run(folder_of(name, seed))
            rows = json.loads((run.folder / "fields.json").read_text())
            for row in rows:
                if "china" in row:
                    pictures[f"{name}/{seed}/{row['step']}"] = np.uint8(row.pop("china"))
            started = run.provenance[0]
            refuse_changed([started["commit"]])
            kept = {key: started[key] for key in ("commit", "hardware", "dataset", "network") if key in started}
            loss = [round(value, 3) for value in run.column("chroma_loss")]
            record = {"arm": name, "recipe": run.recipe, "provenance": kept, "chroma_loss": loss, "steps": rows}
            record["response to lightness"] = responses(run, photographs)
            runs.append(record | {"weights": sha256((run.folder / "last.weights.h5").read_bytes()).hexdigest()})
    np.savez_compressed(RECORD.with_suffix(".npz"), **pictures)
    lines = ",\n".join(json.dumps(run) for run in runs)
    RECORD.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["--collect"]:
            collect()
        else:
            main(ARMS)
            collect()
    except BadInput as error:
        sys.exit(str(error))
