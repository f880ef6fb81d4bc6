"""Ship the weights of a run of the recipe "places", measure them, and draw the README's pictures with them.

    colorlab train places              # or with -o FOLDER: trains, and goes on where it was stopped
    python report/places.py runs/places

writes data/weights/, report/results/places/ and report/figures/. Needs MiniPlaces, packed as "miniplaces".
"""

import csv
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from colorlab import ROOT, color, datasets, evaluation, figures, weights
from colorlab.backend import keras
from colorlab.colorize import SATURATION, colorize
from colorlab.photographs import read_photograph
from colorlab.recipe import Recipe
from colorlab.runs import SHIPPED, Run
from colorlab.training import compiled

RESULTS = ROOT / "report" / "results" / "places"
FIGURES = ROOT / "report" / "figures"
SATURATIONS = sorted({0.8, 1.2, 1.4, 1.6, 1.8, 2.0, SATURATION})
IN_README = ("grey", "mean colour", "model", f"model x{SATURATION:g}", "truth")  # and on the card in data/weights
COMPARED = 500  # validation photographs on which the shipped file is held against the precision of training


def main(folder):
    run, data = Run(folder), datasets.load("miniplaces")
    recipe = Recipe(**run.recipe)
    if len(run.history) < recipe.epochs:
        sys.exit(f"{folder} has not finished: `colorlab train places -o {folder}` goes on")
    shipped = SHIPPED / "places.weights.h5"
    shipped.parent.mkdir(exist_ok=True)
    weights.ship(run.folder / "last.weights.h5", shipped)
    model, scenes = weights.load(shipped)

    metrics = evaluation.evaluate(data.split("val"), model, scenes, data.split("train"), SATURATIONS)
    metrics["rms_against_training_precision"] = against_training(run, data, model)
    metrics["sha256"] = sha256(shipped.read_bytes()).hexdigest()
    run.record(RESULTS, metrics, picture=False)  # whose photographs are not ours to publish
    print(evaluation.table(metrics))
    print(evaluation.markdown(metrics, IN_README))
    print(
        f"shipped file against {run.recipe['precision']}: {metrics['rms_against_training_precision']:.3f} Lab units rms"
    )
    draw(model)


def against_training(run, data, model) -> float:
    """Root mean squared difference of a and b, Lab units, between the shipped file and the weights as they trained."""
    trained = compiled(Recipe(**run.recipe), len(data.classes), steps=1)
    keras.Model(trained.input, trained.output).load_weights(run.folder / "last.weights.h5")
    validation = data.split("val")
    lightness, _ = color.encode(datasets.centre(validation)[datasets.spread(len(validation), COMPARED)])
    expected = trained.predict(lightness, verbose=0)["chroma"]
    return float(255 * np.sqrt(np.mean((model.predict(lightness, verbose=0)["chroma"] - expected) ** 2)))


def draw(model):
    """All photographs of data/gallery (grey, coloured, true) and data/legacy (as they are, coloured)."""
    for folder in ("gallery", "legacy"):
        with (datasets.DATA / folder / "CREDITS.csv").open(newline="") as file:
            names = [row["file"] for row in csv.DictReader(file)]
        strips = {}
        for name in names:
            photograph = read_photograph(datasets.DATA / folder / name)
            both = [photograph.convert("RGB"), colorize(photograph, model)]
            for version in both:
                version.thumbnail((480, 480), Image.Resampling.LANCZOS)
            true, coloured = map(np.asarray, both)
            grey = color.to_uint8(color.lab_to_rgb(color.rgb_to_lab(true) * np.float32([1, 0, 0])))
            title = Path(name).stem.replace("_", " ")
            strips[title] = [grey, coloured, true] if folder == "gallery" else [true, coloured]
        figure = figures.strips(strips, columns=2)
        figure.savefig(FIGURES / f"{folder}.jpg", dpi=130, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main(Path(sys.argv[1])) if len(sys.argv) == 2 else sys.exit(__doc__)
