"""Ship and measure the networks that come beside the usual one: vivid (Zhang's classifier) and iizuka (the original).

    colorlab train vivid               # or with -o FOLDER: trains, and resumes where it was stopped
    python report/looks.py vivid runs/vivid

writes data/weights/ and report/results/vivid/, or the same of iizuka. Then choices.py and errors.py, as after
places.py. Needs MiniPlaces, packed as "miniplaces".
"""

import json
import sys
from functools import partial
from pathlib import Path

from places import RESULTS as PLACES

from colorlab.base.paths import ROOT
from colorlab.data import datasets
from colorlab.evaluation import comparison, metrics
from colorlab.networks import bins, classifier, shipping, weights
from colorlab.networks.pretrained import SHIPPED, find_weights
from colorlab.training.runs import Run

SATURATIONS = (0.8, 1.1, 1.2, 1.4)
TEMPERATURES, BACK = (1.0, 0.58, bins.TEMPERATURE, 0.02), (0.0, bins.TAKEN_BACK, 1.0)
COMPARED = 200  # validation photographs on which these are


def main(look, folder):
    run, data = Run(folder), datasets.load("miniplaces")
    if data.digest == json.loads((PLACES / "scenes.json").read_text())["digest"]:
        sys.exit("this copy of miniplaces has its scenes' names interchanged (report/results/README.md): pack another")
    if len(run.history) < run.recipe["epochs"]:
        sys.exit(f"{folder} has not finished: `colorlab train {look} -o {folder}` resumes it")
    last, shipped = run.folder / "last.weights.h5", SHIPPED / f"{look}.weights.h5"
    if look == "vivid":  # its own layers alone: the others are those of places
        model, scenes = weights.load_trained(last)
        prior = bins.prior(datasets.chroma_of(data.split("train"), bins.PRIOR_OF))
        model.rarity = bins.rarity(prior)
        last = run.folder / "head.weights.h5"
        weights.save(model, last, scenes, trunk=SHIPPED / "places.weights.h5")
    shipping.ship(last, shipped)

    model, scenes = weights.load(shipped)
    result = metrics.evaluate(data.split("val"), model, scenes, data.split("train"), SATURATIONS)
    result["pocket"] = metrics.evaluate(datasets.load("pocket"), model, scenes)["methods"]["model"]
    if look == "vivid":
        result["prior"] = prior.round(8).tolist()
        result["temperatures"] = comparison.compare(comparison.few(data.split("val"), COMPARED), answers(shipped))
    run.record(ROOT / "report" / "results" / look, result, picture=False)  # whose photographs are not ours to publish
    print(metrics.table(result))


def answers(shipped) -> dict:
    """What the annealed mean makes of the classifier's probabilities, beside the usual network: ways to be compared."""
    trained, usual = weights.load_trained(shipped)[0], weights.load(find_weights("places"))[0]
    ways = {"grey": (0, comparison.grey), "truth": (0, comparison.truth)}
    for factor in (1.0, 1.2, 1.4, 1.6, 1.8):
        ways[f"places x{factor:g}"] = (0, partial(comparison.by_network, model=usual, saturation=factor))
    for back in BACK:
        for T in TEMPERATURES:
            model = classifier.as_colorizer(trained, T, back)
            ways[f"T {T:g}, {back:g} taken back"] = (0, partial(comparison.by_network, model=model))
    return ways


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2])) if len(sys.argv) == 3 else sys.exit(__doc__)
