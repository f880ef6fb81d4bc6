"""Commit the record of notebook 09's run on the pocket photographs: `python report/pocket.py runs/course-…`."""

import sys
from pathlib import Path

from colorlab.base.paths import ROOT
from colorlab.data import datasets
from colorlab.evaluation import metrics
from colorlab.training.runs import Run


def main(folder):
    run, data = Run(folder), datasets.load("pocket")
    model = run.model("last")
    parts = [data.split(name) for name in ("train", "val")]
    results = {part.name: metrics.evaluate(part, model, data.classes, parts[0]) for part in parts}
    run.record(ROOT / "report" / "results" / "09_pocket_cpu", results, picture=False)
    for result in results.values():
        print(metrics.table(result))


if __name__ == "__main__":
    main(Path(sys.argv[1])) if len(sys.argv) == 2 else sys.exit(__doc__)
