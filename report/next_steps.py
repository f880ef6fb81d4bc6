"""Keep what notebook 12 shows of MiniPlaces: the ablations, the network that answers in RGB, and the search.

    colorlab run 12 -p dataset miniplaces -p sweep_depth 16 -p batch_size 32 -p epochs 4 -p steps_per_epoch 100 \\
        -p removed '["normalization", "first weights", "global features", "scene loss"]' \\
        -p seeds '[0, 1, 2]' -p steps 400 -p trials 9 -p images 3200
    python report/next_steps.py runs/without-* runs/next-steps-* runs/search-*

writes report/results/12_next_steps/; what was made of other photographs than MiniPlaces is passed over.
"""

import json
import re
import shutil
import sys
from pathlib import Path

from colorlab.base.errors import BadInput
from colorlab.base.paths import ROOT
from colorlab.base.provenance import refuse_changed
from colorlab.networks.ablations import WITHOUT, alpha_without
from colorlab.training import search
from colorlab.training.runs import Run

RESULTS = ROOT / "report" / "results" / "12_next_steps"
DATASET = "miniplaces"


def main(paths):
    RESULTS.mkdir(exist_ok=True)
    for path in map(Path, paths):
        keep = keep_search if path.is_file() else keep_run if path.name.startswith("without-") else keep_measures
        print(f"{path}: {keep(path) or 'not of MiniPlaces'}")


def keep_run(folder):
    run = Run(folder)
    if run.identity["data"]["name"] != DATASET:
        return
    part = re.fullmatch(r"without-(.+)-[0-9a-f]{8}", folder.name)[1].replace("-", " ")
    alpha, network = run.recipe["alpha"], run.identity["network"]["name"]
    if network != WITHOUT[part].__name__ or alpha_without(part, alpha) != alpha:
        raise BadInput(f"{folder} is a run of {network} with alpha {alpha:g}, so it is not one without {part}")
    target = RESULTS / f"{part.replace(' ', '-')}_seed_{run.recipe['seed']}"
    Run(target).refuse_other(run.identity)
    if len(run.history) < run.recipe["epochs"]:
        if not (folder / "diverged").exists():  # the notebook's note
            raise BadInput(f"{folder} has not finished: run the notebook again, it resumes")
        (folder / "history.csv").touch()  # there is none if it diverged in its first epoch
    run.record(target, picture=False)
    return target.name


def keep_measures(folder):
    source, target = folder / "metrics.json", RESULTS / "metrics.json"
    if not source.exists():
        raise BadInput(f"{folder} has no metrics.json: run notebook 12 again, it resumes")
    new = json.loads(source.read_text())
    if new["dataset"] != DATASET:
        return
    if target.exists() and json.loads(target.read_text())["recipe"] != new["recipe"]:
        raise BadInput(f"{target} is of another training than {source}: delete it first, or name only one")
    refuse_changed([new["provenance"]["commit"]])
    shutil.copy(source, target)
    return target.name


def keep_search(journal):
    target = RESULTS / "search.jsonl"
    budget = search.opened(journal).user_attrs["budget"]
    if budget["data"]["name"] != DATASET:
        return
    if target.exists() and search.opened(target).user_attrs["budget"] != budget:
        raise BadInput(f"{target} is of another search than {journal}: delete it first, or name only one")
    nameless = re.sub(r'("process":\s*)\["[^"]*"', r'\1["a machine"', journal.read_text())
    target.write_text(nameless)
    return target.name


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BadInput as error:
        sys.exit(str(error))
