"""Keep what notebook 11 shows: the records of its trainings, and its picture for the README and the report.

    colorlab run 11 -p dataset miniplaces -p batch_size 32 -p epochs 10 -p steps_per_epoch 30 \\
        -p compared '["adadelta 1e-6", "adadelta 1e-5", "adadelta 1e-3", "adadelta 0.1", "adamw 1e-3"]'
    colorlab run notebooks/11_the_mystery.ipynb -o notebooks/11_the_mystery.ipynb
    python report/mystery.py runs/mystery-*

writes report/results/11_mystery/ and report/figures/mystery.jpg: photographs in the colours of one trained network,
normalised in three ways.
"""

import base64
import sys

from colorlab import ROOT
from colorlab.notebooks import find, read
from colorlab.runs import Run

RESULTS = ROOT / "report" / "results" / "11_mystery"
CELL = "shipped, scenes = weights.load(runs.find_weights(network))"


def main(folders):
    for run in map(Run, folders):
        tried = f"{run.recipe['optimizer']}_{run.recipe['learning_rate']:g}"
        run.record(RESULTS / f"{run.provenance[0]['dataset']['name']}_{tried}", picture=False)
    (cell,) = [cell for cell in read(find("11")).cells if cell.source.startswith(CELL)]
    (picture,) = [output.data["image/jpeg"] for output in cell.outputs if "image/jpeg" in output.get("data", {})]
    (ROOT / "report" / "figures" / "mystery.jpg").write_bytes(base64.b64decode(picture))


if __name__ == "__main__":
    main(sys.argv[1:])
