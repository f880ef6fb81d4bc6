"""Ship the weights of a run of the recipe "places", and measure them.

    colorlab train places              # or with -o FOLDER: trains, and resumes where it was stopped
    python report/places.py runs/places
    python report/pictures.py          # what README and report show
    python report/choices.py           # on half of the photographs: how strong colours become, and the default
    python report/errors.py            # on the other half: the numbers that are published

writes data/weights/ and report/results/places/. Needs MiniPlaces, packed as "miniplaces".
"""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np

from colorlab import color
from colorlab.base.backend import keras
from colorlab.base.paths import ROOT
from colorlab.data import datasets
from colorlab.evaluation import metrics
from colorlab.networks import shipping, weights
from colorlab.networks.colorizer import colorizer
from colorlab.networks.pretrained import SHIPPED
from colorlab.training.compile import compiled
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run

RESULTS = ROOT / "report" / "results" / "places"
SATURATIONS = (0.8, 1.2, 1.4, 1.6, 1.8, 2.0)
ON_CARD = ("grey", "mean colour", "model", "truth")  # in data/weights/README.md
COMPARED = 500  # validation photographs on which the shipped file is held against the precision of training


def main(folder):
    run, data = Run(folder), datasets.load("miniplaces")
    if data.digest == json.loads((RESULTS / "scenes.json").read_text())["digest"]:
        sys.exit("this copy of miniplaces has its scenes' names interchanged (report/results/README.md): pack another")
    recipe = Recipe(**run.recipe)
    if len(run.history) < recipe.epochs:
        sys.exit(f"{folder} has not finished: `colorlab train places -o {folder}` resumes it")
    shipped = SHIPPED / "places.weights.h5"
    shipped.parent.mkdir(exist_ok=True)
    shipping.ship(rightly_named(run), shipped)
    model, scenes = weights.load(shipped)

    result = metrics.evaluate(data.split("val"), model, scenes, data.split("train"), SATURATIONS)
    things = metrics.evaluate(datasets.load("pocket"), model, scenes)  # not places
    result["pocket"] = things["methods"]["model"]
    result["rms_against_training_precision"] = against_training(run, data, model)
    result["sha256"] = sha256(shipped.read_bytes()).hexdigest()
    run.record(RESULTS, result, picture=False)  # whose photographs are not ours to publish
    (RESULTS / "start.json").write_text(start_of(run) + "\n")
    print(metrics.table(result))
    print(metrics.markdown(result, ON_CARD))
    print(
        f"shipped file against {run.recipe['precision']}: {result['rms_against_training_precision']:.3f} Lab units rms"
    )


def rightly_named(run) -> Path:
    """The run's weights, with the scenes in the order of their right names.

    The copy of MiniPlaces that they were trained on has its names interchanged: each folder holds the photographs of
    one scene under the name of another (its "abbey" is the official "rock_arch"). Found by comparing its validation
    files with the official val.txt; scenes.json has what belongs to what, and the digest of that copy.
    """
    interchanged = json.loads((RESULTS / "scenes.json").read_text())
    last = run.folder / "last.weights.h5"
    if run.provenance[0]["dataset"]["digest"] != interchanged["digest"]:
        return last
    model, folders = weights.load(last)
    scenes = sorted(folders)
    order = [folders.index(folder) for folder, _ in sorted(interchanged["names"].items(), key=lambda item: item[1])]
    layer = model.get_layer("classification_2")
    layer.kernel.assign(np.asarray(layer.kernel)[:, order])
    layer.bias.assign(np.asarray(layer.bias)[order])
    named = run.folder / "named.weights.h5"
    weights.save(model, named, scenes)
    return named


def against_training(run, data, model) -> float:
    """Root mean squared difference of a and b, Lab units, between the shipped file and the weights as they trained."""
    trained = compiled(Recipe(**run.recipe), len(data.classes), steps=1)
    keras.Model(trained.input, trained.output).load_weights(run.folder / "last.weights.h5")
    validation = data.split("val")
    lightness, _ = color.encode(datasets.centre(validation)[datasets.evenly_spaced(len(validation), COMPARED)])
    expected = trained.predict(lightness, verbose=0)["chroma"]
    return float(255 * np.sqrt(np.mean((model.predict(lightness, verbose=0)["chroma"] - expected) ** 2)))


def start_of(run) -> str:
    """How far the low-level kernels have moved from where they were drawn, and the first of them as drawn: JSON.

    Random numbers from one seed differ between TensorFlow and JAX: `start` runs on the one that trained.
    """
    command = [sys.executable, __file__, "--start", str(run.folder)]
    environment = os.environ | {"KERAS_BACKEND": run.provenance[0]["backend"], "JAX_PLATFORMS": "cpu"}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True)
    if finished.returncode:
        sys.exit(finished.stderr[-500:])
    return finished.stdout.splitlines()[-1]


def start(run):
    before = compiled(Recipe(**run.recipe), 100, steps=1)
    after = colorizer(run.recipe["depth"], 100)
    after.load_weights(run.folder / "last.weights.h5")
    moved = {}
    for name in ("low_level_1", "low_level_2", "low_level_3", "low_level_4"):
        drawn, learned = (np.asarray(model.get_layer(name).kernel) for model in (before, after))
        moved[name] = float(np.linalg.norm(learned - drawn) / np.linalg.norm(drawn))
    first = np.asarray(before.get_layer("low_level_1").kernel)[:, :, 0]
    print(json.dumps({"moved": moved, "low_level_1": first.round(5).tolist()}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--start"]:
        start(Run(sys.argv[2]))
    elif len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        sys.exit(__doc__)
