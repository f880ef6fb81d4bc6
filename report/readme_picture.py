"""Draw the README's picture and commit its record: `python report/readme_picture.py runs/course-…`.

Of a run on the pocket photographs: four it has learned from and four it has never seen, evenly spread over each
split, so that nobody has picked the best.
"""

import sys
from pathlib import Path

import numpy as np

from colorlab import ROOT, color, datasets, evaluation, figures
from colorlab.runs import Run

EACH = 4


def main(folder):
    run, data = Run(folder), datasets.load("pocket")
    model = run.model("last")
    parts = [data.split(name) for name in ("train", "val")]
    chosen = [np.linspace(0, len(part) - 1, EACH + 2).round().astype(int)[1:-1] for part in parts]
    rgb = np.concatenate([datasets.centre(part)[places] for part, places in zip(parts, chosen, strict=True)])
    lightness, chroma = color.encode(rgb)
    predicted = model.predict_on_batch(lightness)["chroma"]
    rows = {
        "grey": color.decode(lightness, np.full_like(chroma, color.GREY)),
        "coloured": color.decode(lightness, np.asarray(predicted)),
        "true": rgb,
    }
    titles = ["learned from"] + [""] * (EACH - 1) + ["never seen"] + [""] * (EACH - 1)
    figure = figures.photographs({name: list(images) for name, images in rows.items()}, titles)
    picture = ROOT / "report" / "figures" / "readme.png"
    picture.parent.mkdir(exist_ok=True)
    figure.savefig(picture)

    metrics = {part.name: evaluation.evaluate(part, model, data.classes, parts[0]) for part in parts}
    run.record(ROOT / "report" / "results" / "09_pocket_cpu", metrics)
    for result in metrics.values():
        print(evaluation.table(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
