"""Read the numbers of the report. Each fact is a function of the folder of records; it returns text for Typst."""

import csv
from pathlib import Path

import numpy as np

from colorlab.base.paths import DATA, REPORT
from colorlab.base.rounding import rounded
from colorlab.data import batches
from colorlab.evaluation import intervals
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.networks import bins, tables
from colorlab.reporting import evidence, headline
from colorlab.reporting.records import last, read_rows, record, trained_at_rates, trained_without
from colorlab.training.runs import Run


def training(results: Path) -> dict:
    """Return how the training of the weights that ship ended, on the photographs that it was validated on."""
    run = Run(results / "places")
    return {
        "validated": _validated(results, run),
        "val_loss": f"{rounded(WRITE_UP_BATCH * run.history[-1]['val_chroma_loss']):,}",
        "bins": str(len(bins.centres())),
    }


def _validated(results, run):
    """How many photographs a run was validated on: whole batches of those that its recipe asks for."""
    found = record(results / "places" / "metrics.json")["photographs"]
    return str(len(batches.validated(found, run.recipe["validation_images"])[0]))


def alphas(results: Path) -> dict:
    """Return the results of a full training with an alpha of 10, and of the one whose weights ship."""
    ten, ours = (record(results / name / "metrics.json") for name in ("alpha/gpu_alpha_10", "places"))
    return {
        "ten": f"{rounded(ten['methods']['model']['chroma_loss_write_up']):,}",
        "loss": f"{rounded(ours['methods']['model']['chroma_loss_write_up']):,}",
        "ten_pocket": f"{rounded(ten['pocket']['ciede2000'], 2)}",
        "pocket": f"{rounded(ours['pocket']['ciede2000'], 2)}",
    }


def pictures(results: Path) -> dict:
    """Return what the record of the report's photographs says: where colouring gains most and spoils most."""
    known = record(results / "pictures" / "metrics.json")
    gains = {name: errors["grey"] - errors["coloured"] for name, errors in known["gallery"].items()}
    order = [name.replace("_", " ") for name in sorted(gains, key=gains.get)]
    return {
        "saturation": f"{known['saturation']:g}",
        "best": ", ".join(order[:-4:-1]),
        "worst": ", ".join(name for name in order[:3] if gains[name.replace(" ", "_")] < 0) or "none",
        "better": str(sum(gain > 0 for gain in gains.values())),
        "of": str(len(gains)),
        "credits": "; ".join(_credits()),
    }


def _credits():
    """Return the authors of those photographs of the gallery whose licences ask to name them."""
    with (DATA / "gallery" / "CREDITS.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if "BY" in row["licence"]]
    return [f"{Path(row['file']).stem}: {row['author']}, {row['licence']}" for row in rows]


def trials(results: Path) -> dict:
    """Say in words how large the trainings behind the smaller figures are."""
    rate = trained_at_rates(results)[0].recipe
    runs = trained_without(results)
    part, seeds = next(run for run in runs["nothing"] if run).recipe, len(runs["nothing"])
    return {
        "rates": f"depth {rate['depth']}, {rate['epochs'] * rate['steps_per_epoch']} steps of {rate['batch_size']}",
        "ablations": f"depth {part['depth']}, {part['epochs'] * part['steps_per_epoch']} steps of "
        f"{part['batch_size']}, {seeds} seeds",
    }


def ablations_table(results: Path) -> list[list[str]]:
    """Return what is lost without a part: mean and range over the seeds, and whether the ranges are apart."""
    found = trained_without(results)
    losses, scenes = last(found, "val_chroma_loss"), last(found, "val_scene_accuracy")
    lines, whole = [["removed", "colour loss", "from", "to", "verdict", "scenes %"]], losses["nothing"]
    for part, values in losses.items():
        verdict = "better" if values.max() < whole.min() else "worse" if values.min() > whole.max() else "within luck"
        numbers = [f"{rounded(value):,}" for value in (values.mean(), values.min(), values.max())]
        lines.append([part, *numbers, "" if part == "nothing" else verdict, f"{rounded(scenes[part].mean(), 1)}"])
    return lines


def told_numbers(results: Path) -> dict:
    """Return the errors of ways that a user tells colours, and of one that is told none."""
    whole = record(results / "13_five_ways" / "metrics.json")
    known = whole["miniplaces"]
    named = {"one": "segments 1", "eight": "segments 8", "places": "places"}
    numbers = {name: f"{rounded(known['methods'][method]['ciede2000'], 1)}" for name, method in named.items()}
    reports = whole["provenance"]["dataset"]["name"].endswith("/report")
    which = "of the half that reports" if reports else "of both halves"
    return numbers | {"photographs": f"{known['photographs']} photographs {which}"}


def _interval(values):
    """The 95 % interval of a mean over photographs."""
    return intervals.interval(intervals.resampled(np.array(values)[:, None])[:, 0])


def five_ways(results: Path) -> list[list[str]]:
    """Return the ways to colour of notebook 13, measured alike: a heading, then a line for each, the worst first."""
    methods = record(results / "13_five_ways" / "metrics.json")["miniplaces"]["methods"]
    shown = {name: m for name, m in methods.items() if m["told"] in (0, 1, 8)}
    lines = [["way", "told", "CIEDE2000", "95 % interval", "PSNR dB", "colourfulness", "seconds"]]
    for name, m in sorted(shown.items(), key=lambda item: -item[1]["ciede2000"]):
        low, high = (f"{rounded(value, 2)}" for value in _interval(m["each"]))
        numbers = [f"{rounded(m['ciede2000'], 2)}", f"{low} to {high}", f"{rounded(m['psnr'], 2)}"]
        numbers += [f"{rounded(m['colourfulness'], 1)}", f"{rounded(m['seconds'], 2)}"]
        lines.append([name, str(m["told"]), *numbers])
    return lines


def original(results: Path) -> dict:
    """Return the validation losses of colour of Iizuka's network and of the write-up's of the same depth."""
    runs = {"original": Run(results / "iizuka"), "write_up": Run(results / "iizuka" / "write_up")}
    losses = {name: f"{rounded(WRITE_UP_BATCH * run.history[-1]['val_chroma_loss']):,}" for name, run in runs.items()}
    recipe = runs["original"].recipe
    numbers = {
        "depth": str(recipe["depth"]),
        "of": str(tables.DEPTH),
        "validated": _validated(results, runs["original"]),
    }
    return losses | numbers


def write_up_tables(results: Path) -> dict:
    """Return Tables I to V without their slips: network -> lines of kind, stride, input, output."""
    shape = "x".join
    return {
        network: [[row.kind, str(row.stride), shape(map(str, row.input)), shape(map(str, row.output))] for row in rows]
        for network, rows in tables.TABLES.items()
    }


def provenance_table(results: Path) -> list[list[str]]:
    """Return where each record comes from: run, commits, data, hardware, minutes, seed.

    A commit with "+" does not hold all of the program that made the record. One with "†" is lost: lost_commits.csv.
    """
    lost = {row["commit"] for row in read_rows(results / "lost_commits.csv")}
    lines = []
    for file in sorted([*results.rglob("recipe.json"), *(results / name for name in MEASURED)]):
        if file.name == "recipe.json":
            run = Run(file.parent)
            starts, seconds, seed = run.provenance, run.history[-1]["seconds"] if run.history else 0, run.recipe["seed"]
        else:
            starts, seconds, seed = [_start_of(record(file))], 0, ""
        commits = dict.fromkeys(_short(start["commit"], lost) for start in starts)
        hardware = starts[0]["hardware"]["accelerators"] or [f"{starts[0]['hardware']['cores']} cores"]
        lines.append(
            [
                str(file.parent.relative_to(results) if file.stem in ("recipe", "metrics") else file.stem),
                ", ".join(commits),
                starts[0]["dataset"].get("digest", "ships")[:7],
                hardware[0].removeprefix("NVIDIA "),
                f"{rounded(seconds / 60)}" if seconds else "-",
                str(seed) or "-",
            ]
        )
    return lines


MEASURED = tuple(f"{name}/metrics.json" for name in ("errors", "13_five_ways", "pictures", "scenes")) + (
    "choices.json",
)


def _start_of(known):
    """The provenance of a record that is no training. An older one has its commit and hardware beside the numbers."""
    return known.get("provenance") or {"dataset": {}} | {key: known[key] for key in ("commit", "hardware")}


def _short(commit, lost):
    return commit[:7] + ("+" if commit.endswith("+") else "") + ("†" if commit.rstrip("+") in lost else "")


def ledger(results: Path) -> list[list[str]]:
    """Return the fidelity ledger: each choice in the write-up, in the authors' program and here, with the reason."""
    known = headline.headline(results) | training(results)
    with (REPORT / "ledger.csv").open(newline="") as file:
        return [[cell.format(**known) for cell in row] for row in csv.reader(file)]


FACTS = {
    fact.__name__: fact
    for fact in (
        headline.headline,
        headline.metrics_table,
        headline.pocket_table,
        headline.differences_table,
        headline.scenes_table,
        headline.choices,
        headline.choices_table,
        training,
        alphas,
        pictures,
        evidence.numbers,
        evidence.controls,
        evidence.fields_table,
        trials,
        ablations_table,
        told_numbers,
        five_ways,
        original,
        write_up_tables,
        provenance_table,
        ledger,
    )
}
