"""Read the numbers of the report. Each fact is a function of the folder of records; it returns text for Typst."""

import csv
from pathlib import Path

from colorlab.base.paths import DATA, REPORT
from colorlab.evaluation import metrics
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.networks import bins, tables
from colorlab.reporting import evidence
from colorlab.reporting.records import last, record, trained_at_rates, trained_without
from colorlab.training.runs import Run


def metrics_table(results: Path) -> list[list[str]]:
    """Return methods with their metrics on the 2,000 validation photographs: a heading, then a line for each."""
    columns = ("chroma_loss_write_up", "psnr", "ssim", "ciede2000", "colourfulness")
    lines = [["", *(metrics.COLUMNS[column][0] for column in columns)]]
    for look, name in SHOWN:
        method = record(results / look / "metrics.json")["methods"][name]
        cells = (f"{method[column]:.{metrics.COLUMNS[column][1]}f}" for column in columns)
        lines.append([name.replace("model", look), *cells])
    return lines


SHOWN = (
    ("places", "grey"),
    ("places", "mean colour"),
    ("places", "model"),
    ("vivid", "model"),
    ("iizuka", "model"),
    ("places", "truth"),
)


def looks_table(results: Path) -> list[list[str]]:
    """Return what `colorize` makes of the networks' colours, on the half of the photographs that did not choose."""
    known = record(results / "default_look.json")
    lines = [["", "CIEDE2000", "below grey", "PSNR dB", "colourfulness"]]
    for name in [
        "grey",
        *(f"{look} x{factor:g}" for look, best in known["saturation"].items() for factor in (1, best)),
    ]:
        m = known["report"][name]
        below = f"{m['below_grey']:.2f} ± {m['standard_error']:.2f}"
        cells = [f"{m['ciede2000']:.2f}", below, f"{m['psnr']:.2f}", f"{m['colourfulness']:.1f}"]
        if [name, *cells] not in lines:  # a look whose colours stay as they are
            lines.append([name, *cells])
    return lines


def headline(results: Path) -> dict:
    """Return the numbers about the weights that ship."""
    known, run = record(results / "places" / "metrics.json"), Run(results / "places")
    model, grey, truth = (known["methods"][name] for name in ("model", "grey", "truth"))
    recipe, start = run.recipe, run.provenance[0]
    return {
        "loss": f"{model['chroma_loss_write_up']:,.0f}",
        "grey": f"{grey['chroma_loss_write_up']:,.0f}",
        "below": f"{model['below_grey']:.0f}",
        "ciede2000": f"{model['ciede2000']:.2f}",
        "top1": f"{model['top1']:.1f}",
        "top5": f"{model['top5']:.1f}",
        "images": f"{recipe['epochs'] * recipe['steps_per_epoch'] * recipe['batch_size']:,}",
        "batch": str(recipe["batch_size"]),
        "alpha": f"{recipe['alpha']:g}",
        "minutes": f"{run.history[-1]['seconds'] / 60:.0f}",
        "hardware": start["hardware"]["accelerators"][0],
        "photographs": f"{known['photographs']:,}",
        "epoch": f"{recipe['steps_per_epoch']:,} steps of {recipe['batch_size']}",
        "validated": f"{recipe['validation_images']:,}",
        "val_loss": f"{WRITE_UP_BATCH * run.history[-1]['val_chroma_loss']:,.0f}",
        "scenes": str(len(record(results / "places" / "scenes.json")["names"])),
        "colourful": f"{100 * model['colourfulness'] / truth['colourfulness']:.0f}",
        "bins": str(len(bins.centres())),
    }


def alphas(results: Path) -> dict:
    """Return the results of a full training with an alpha of 10, and of the one whose weights ship."""
    ten, ours = (record(results / name / "metrics.json") for name in ("alpha/gpu_alpha_10", "places"))
    return {
        "ten": f"{ten['methods']['model']['chroma_loss_write_up']:,.0f}",
        "ten_pocket": f"{ten['pocket']['ciede2000']:.2f}",
        "pocket": f"{ours['pocket']['ciede2000']:.2f}",
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
    lines, whole = [["removed", "colour loss", "from", "to", "", "scenes %"]], losses["nothing"]
    for part, values in losses.items():
        verdict = "better" if values.max() < whole.min() else "worse" if values.min() > whole.max() else "within luck"
        numbers = [f"{value:,.0f}" for value in (values.mean(), values.min(), values.max())]
        lines.append([part, *numbers, "" if part == "nothing" else verdict, f"{scenes[part].mean():.1f}"])
    return lines


def told_numbers(results: Path) -> dict:
    """Return the errors of ways that a user tells colours, and of one that is told none."""
    known = record(results / "13_five_ways" / "metrics.json")["miniplaces"]
    named = {"one": "segments 1", "eight": "segments 8", "places": "places"}
    numbers = {name: f"{known['methods'][method]['ciede2000']:.1f}" for name, method in named.items()}
    return numbers | {"photographs": str(known["photographs"])}


def five_ways(results: Path) -> list[list[str]]:
    """Return the ways to colour of notebook 13, measured alike: a heading, then a line for each, the worst first."""
    methods = record(results / "13_five_ways" / "metrics.json")["miniplaces"]["methods"]
    shown = {name: m for name, m in methods.items() if m["told"] in (0, 1, 8)}
    lines = [["", "told", "CIEDE2000", "PSNR dB", "colourfulness", "seconds"]]
    for name, m in sorted(shown.items(), key=lambda item: -item[1]["ciede2000"]):
        numbers = f"{m['ciede2000']:.2f}", f"{m['psnr']:.2f}", f"{m['colourfulness']:.1f}", f"{m['seconds']:.2f}"
        lines.append([name, str(m["told"]), *numbers])
    return lines


def original(results: Path) -> dict:
    """Return the validation losses of colour of Iizuka's network and of the write-up's of the same depth."""
    runs = {"original": Run(results / "iizuka"), "write_up": Run(results / "iizuka" / "write_up")}
    losses = {name: f"{WRITE_UP_BATCH * run.history[-1]['val_chroma_loss']:,.0f}" for name, run in runs.items()}
    recipe = runs["original"].recipe
    numbers = {
        "depth": str(recipe["depth"]),
        "of": str(tables.DEPTH),
        "validated": f"{recipe['validation_images']:,}",
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
    """Return where each run on record comes from: run, commit, data, hardware, minutes, seed."""
    lines = []
    for file in sorted(results.rglob("recipe.json")):
        run = Run(file.parent)
        start, history = run.provenance[0], run.history
        hardware = start["hardware"]["accelerators"] or [f"{start['hardware']['cores']} cores"]
        lines.append(
            [
                str(file.parent.relative_to(results)),
                start["commit"][:7],
                start["dataset"]["digest"][:7],
                hardware[0].removeprefix("NVIDIA "),
                f"{history[-1]['seconds'] / 60:.0f}" if history else "-",
                str(run.recipe["seed"]),
            ]
        )
    return lines


def ledger(results: Path) -> list[list[str]]:
    """Return the fidelity ledger: each choice in the write-up, in the authors' program and here, with the reason."""
    known = headline(results)
    with (REPORT / "ledger.csv").open(newline="") as file:
        return [[cell.format(**known) for cell in row] for row in csv.reader(file)]


FACTS = {
    fact.__name__: fact
    for fact in (
        metrics_table,
        looks_table,
        headline,
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
