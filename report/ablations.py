"""Take the parts of the write-up's network away, one at a time, and train long enough to see a difference.

    python report/ablations.py            trains what is not on record yet, then writes the summary
    python report/ablations.py --summary  writes the summary of what is on record

Each arm gets the best of three learning rates, chosen by one training of half the length each (seed 100), on the
validation photographs that choose. Five trainings (seeds 0 to 4) are then measured on those that report. A
training that is interrupted resumes from its checkpoint in runs/ablations. A finished one leaves a record of a few KB
in report/results/ablations/<arm>/<rate or seed>, and whoever has that record does not train it again: commit it. Needs
MiniPlaces, packed as "miniplaces".
"""

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from colorlab import color
from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.paths import RESULTS, RUNS
from colorlab.base.provenance import commit, described, refuse_changed
from colorlab.base.reading import read_json
from colorlab.data import datasets
from colorlab.data.datasets import HALVES
from colorlab.evaluation import paired
from colorlab.networks.ablations import WITHOUT, alpha_without
from colorlab.training.callbacks import Diverged
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run

DATASET = "miniplaces"
RECORDS, TRAINED = RESULTS / "ablations", RUNS / "ablations"
RECIPE = Recipe(
    depth=32,
    batch_size=32,
    epochs=4,
    steps_per_epoch=500,
    warmup_steps=200,
    alpha=100.0,
    shift=12,
    validation_images=256,
    precision="mixed_bfloat16",  # on every machine, so that their trainings can be compared
)
RATES = (3e-4, 1e-3, 3e-3)
SEEDS, CHOOSING = (0, 1, 2, 3, 4), 100
BATCH = 50
KEPT = ("started", "commit", "backend", "versions", "hardware", "devices", "from_step")  # of each start


@dataclass(frozen=True)
class Training:
    """One training of the experiment: without which part, at which learning rate, with which seed."""

    part: str
    rate: float
    seed: int

    @property
    def recipe(self) -> Recipe:
        epochs = max(1, RECIPE.epochs // 2) if self.seed == CHOOSING else RECIPE.epochs
        alpha = alpha_without(self.part, RECIPE.alpha)
        return replace(RECIPE, learning_rate=self.rate, alpha=alpha, seed=self.seed, epochs=epochs)

    @property
    def run(self) -> Run:
        return Run(TRAINED / f"{_named(self.part)}_rate_{self.rate:g}_seed_{self.seed}")

    @property
    def file(self) -> Path:
        """The record. (The report's table of runs lists recipe.json files, and these are not of the report.)"""
        kind = f"rate_{self.rate:g}" if self.seed == CHOOSING else f"seed_{self.seed}"
        return RECORDS / _named(self.part) / kind / "record.json"

    @property
    def record(self) -> dict | None:
        """What is on record, or None. Raises BadInput if the record is damaged or of another recipe."""
        if not self.file.exists():
            return None
        known = read_json(self.file, {"recipe": dict, "dataset": dict, "state": str}, "restore it with `git checkout`")
        if known["recipe"] != asdict(self.recipe):
            raise BadInput(f"{self.file} is the record of another recipe than {asdict(self.recipe)}: move it away")
        return known

    def make(self, data) -> None:
        """Train, measure and leave the record, unless there is one."""
        network, start = WITHOUT[self.part], described(data)
        if (known := self.record) is not None:
            if known["dataset"] != start:
                raise BadInput(f"{self.file} is of other photographs, {known['dataset']}, than {start}: pack those")
            return
        print(f"without {self.part}, rate {self.rate:g}, seed {self.seed}", flush=True)
        try:
            found = {"state": "trained"} | measured(train(data, self.recipe, self.run.folder, network), network, data)
        except Diverged:
            found = {"state": "diverged"}
        starts = [{name: one[name] for name in KEPT} for one in self.run.provenance]
        found |= {"recipe": self.run.recipe, "network": network.__name__, "dataset": start, "starts": starts}
        write(self.file, found | {"history": self.run.history})
        keras.backend.clear_session()


def measured(run, network, data) -> dict:
    """Colour loss and scenes of the last weights: means over the half that chooses, and over the half that reports."""
    model = network(run.recipe["depth"], len(data.classes))
    model.load_weights(run.folder / "last.weights.h5")
    return {half: _means(model, data.split("val").half(half)) for half in HALVES}


def _means(model, photographs):
    losses, right = [], []
    for start in range(0, len(photographs), BATCH):
        lightness, chroma = color.encode(datasets.centre(photographs)[start : start + BATCH])
        answer = model.predict_on_batch(lightness)
        losses.append(np.square(answer["chroma"] - chroma).sum(axis=(1, 2, 3)))
        right.append(answer["scene"].argmax(axis=1) == photographs.labels[start : start + BATCH])
    losses, right = np.concatenate(losses), np.concatenate(right)
    return {"colour_loss": float(losses.mean()), "scenes": float(right.mean())}


def best_rate(part: str) -> float | None:
    """The learning rate whose colours cost least on the half that chooses, once all rates are on record."""
    known = _records(Training(part, rate, CHOOSING) for rate in RATES)
    costs = {one.rate: r["choose"]["colour_loss"] for one, r in known.items() if r["state"] == "trained"}
    return min(costs, key=costs.get) if costs and len(known) == len(RATES) else None


def summary() -> dict:
    """What the records say together, and how many of how many there are. Raises BadInput if they don't fit together."""
    best = {part: best_rate(part) for part in WITHOUT}
    final = {part: _records(Training(part, rate, seed) for seed in SEEDS if rate) for part, rate in best.items()}
    choosing = [_records(Training(part, rate, CHOOSING) for rate in RATES) for part in WITHOUT]
    there = [one for group in (*choosing, *final.values()) for one in group.values()]
    if len({json.dumps(one["dataset"], sort_keys=True) for one in there}) > 1:
        raise BadInput(f"the records in {RECORDS} are of different photographs: move those away that differ")
    trained = {part: {one: r for one, r in group.items() if r["state"] == "trained"} for part, group in final.items()}
    losses, scenes = (
        {part: {one.seed: r["report"][name] for one, r in group.items()} for part, group in trained.items()}
        for name in ("colour_loss", "scenes")
    )
    return {
        "recorded": len(there),
        "of": len(WITHOUT) * (len(RATES) + len(SEEDS)),
        "rates": best,
        "diverged": {part: len(group) - len(trained[part]) for part, group in final.items()},
        "colour_loss": losses,
        "scenes": scenes,
        "comparisons": paired.compare(losses, len(SEEDS)),  # of colours: what the parts do to scenes is not asked
    }


def _records(trainings) -> dict:
    """Training -> its record, of those that have one."""
    return {one: record for one in trainings if (record := one.record)}


def told(found: dict) -> str:
    """The summary as lines of text."""
    lines = [f"{found['recorded']} of {found['of']} trainings are on record; colour loss an image, 95 % intervals"]
    for part, one in found["comparisons"].items():
        rate = found["rates"][part]
        interval = "" if one["low"] is None else f"{one['mean']:+.2f} ({one['low']:+.2f} to {one['high']:+.2f})"
        rate = "rate not chosen yet" if rate is None else f"rate {rate:g}"
        diverged = f"; {found['diverged'][part]} diverged" if found["diverged"][part] else ""
        lines.append(f"without {part:16} {rate:20} {interval:28} {one['verdict']}{diverged}")
    return "\n".join(lines)


def write(path: Path, found: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n")


def _named(part):
    return part.replace(" ", "-")


def main(only_summary=False):
    if not only_summary:
        data = datasets.load(DATASET)
        for rate in RATES:
            for part in WITHOUT:
                Training(part, rate, CHOOSING).make(data)
        for seed in SEEDS:
            for part in WITHOUT:
                if best_rate(part):
                    Training(part, best_rate(part), seed).make(data)
    found = summary()
    write(RECORDS / "summary.json", found)
    print(told(found))


if __name__ == "__main__":
    try:
        if "--summary" not in sys.argv:
            refuse_changed([commit()])
        main(only_summary="--summary" in sys.argv)
    except BadInput as error:
        sys.exit(str(error))
