"""The report: figures and numbers from the committed records, set by Typst into one PDF.

report/report.typ holds the words. Its results are read from `facts`, its figures from `recorded`; where a record
is missing or damaged, the PDF says so in the place of what would need it. The same records give the same bytes.
"""

import csv
import json
import shutil
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import typst

from colorlab import ROOT, BadInput, bins, evaluation, networks
from colorlab.atomic import replacing
from colorlab.datasets import DATA
from colorlab.losses import WRITE_UP_BATCH
from colorlab.painted import PHOTOGRAPHS
from colorlab.recorded import DRAWINGS, last, own_runs, record, trained_at_rates, trained_without
from colorlab.runs import Run

SOURCE = ROOT / "report"
RESULTS = SOURCE / "results"
FIGURES = DRAWINGS | PHOTOGRAPHS
# Nothing in a file may depend on when, or in which order, it was drawn.
FIXED = {"svg.hashsalt": "colorlab", "svg.fonttype": "path"}


def draw(name: str, path: Path, results: Path = RESULTS) -> None:
    """Write one of FIGURES to a file, in the format of its name. Raises BadInput for another name or a bad record."""
    if name not in FIGURES:
        raise BadInput(f"there is no figure '{name}', only: {', '.join(FIGURES)}")
    if path.suffix.lower() not in (".svg", ".png", ".pdf", ".jpg"):
        raise BadInput(f"{path} has no format for a figure: let its name end in .svg, .png, .pdf or .jpg")
    _save(FIGURES[name](results), path)


def _save(figure, path):
    kind = path.suffix[1:].lower()
    how = {
        "svg": {"metadata": {"Date": None}},
        "pdf": {"metadata": {"CreationDate": None}},
        "png": {"dpi": 200},
        "jpg": {"dpi": 100, "pil_kwargs": {"quality": 62}},
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with plt.rc_context(FIXED), replacing(path) as temporary:
            figure.savefig(temporary, format=kind, **how[kind])
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error}): choose another with -o") from None
    finally:
        plt.close(figure)


def build(path: Path, results: Path = RESULTS) -> list[str]:
    """Write the report to a PDF; what is missing in the records is returned, and said in the PDF.

    Raises BadInput if it cannot be written.
    """
    _refuse_other_than_pdf(path)
    missing = Missing(results)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in FIGURES:
            missing.tried(draw, name, work / f"{name}.{'jpg' if name in PHOTOGRAPHS else 'svg'}", results)
        facts = {name: missing.tried(one, results) for name, one in FACTS.items()}
        facts["drawn"] = sorted(file.name for file in work.iterdir())
        shutil.copy(SOURCE / "references.bib", work)
        _set("report.typ", work, facts | {"missing": missing.said}, path)
    return missing.said


def build_own(path: Path, runs: Path, name: str) -> list[str]:
    """Write a report of somebody's own run folders, with their name on it, as `build` does."""
    _refuse_other_than_pdf(path)
    missing = Missing(runs)
    if not runs.is_dir():
        raise BadInput(f"there is no folder {runs}: name the one that holds your runs, or train one first")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        found = [Run(file.parent) for file in sorted(runs.rglob("recipe.json"))]
        rows = {run: missing.tried(_row, run, runs) for run in found}
        finished = {run: row for run, row in rows.items() if row}
        pictures = []
        for number, (run, row) in enumerate(finished.items()):
            if run.pictures:
                shutil.copy(run.pictures[-1], work / f"{number}.png")
                pictures.append([row["run"], f"{number}.png"])
        if finished:
            lines = {row["run"]: run for run, row in finished.items() if row["loss"] != "bins"}  # in another unit
            _save(own_runs(lines), work / "own_runs.svg")
        facts = {"name": name, "runs": list(finished.values()), "pictures": pictures, "missing": missing.said}
        _set("own.typ", work, facts, path)
    return missing.said


def _refuse_other_than_pdf(path):
    if path.suffix.lower() != ".pdf":
        raise BadInput(f"the report is a PDF, which {path} does not say: let its name end in .pdf")


def _row(run, runs):
    """A run as a line of the learner's table; None while it has not finished an epoch."""
    if not run.history:
        return None
    recipe, last = run.recipe, run.history[-1]
    return {
        "run": str(run.folder.relative_to(runs)),
        "data": run.provenance[0]["dataset"]["name"],
        "depth": f"{recipe['depth']}",
        "images": f"{last['step'] * recipe['batch_size']:,.0f}",
        "optimizer": recipe["optimizer"],
        "rate": f"{recipe['learning_rate']:g}",
        "alpha": f"{recipe['alpha']:g}",
        "loss": recipe["loss"],
        "colour loss": f"{WRITE_UP_BATCH * last['val_chroma_loss']:,.0f}",
        "scenes %": f"{100 * last['val_scene_accuracy']:.1f}",
        "minutes": f"{last['seconds'] / 60:.1f}",
    }


class Missing:
    """Does what can fail because a record is missing or malformed, and remembers what did."""

    def __init__(self, folder):
        self.folder, self.said = folder, []

    def tried(self, work, *given):
        """What `work` returns, or None."""
        try:
            return work(*given)
        except (BadInput, KeyError, IndexError, ValueError, TypeError, StopIteration, OSError) as error:
            said = str(error) if isinstance(error, BadInput) else f"{work.__name__}: a record is malformed ({error!r})"
            self.said.append(said.replace(f"{self.folder}/", ""))
            return None


def _set(source, work, facts, path):
    """Let Typst set one of our sources with these facts, and move the PDF to its place."""
    (work / "facts.json").write_text(json.dumps(facts))
    shutil.copy(SOURCE / source, work)
    pdf = typst.compile(work / source, root=work, ignore_system_fonts=True, timestamp=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(pdf)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error}): choose another with -o") from None


def metrics_table(results: Path) -> list[list[str]]:
    """Methods and their metrics on the 2,000 validation photographs: a heading, then a line each."""
    columns = ("chroma_loss_write_up", "psnr", "ssim", "ciede2000", "colourfulness")
    lines = [["", *(evaluation.COLUMNS[column][0] for column in columns)]]
    for look, name in SHOWN:
        method = record(results / look / "metrics.json")["methods"][name]
        cells = (f"{method[column]:.{evaluation.COLUMNS[column][1]}f}" for column in columns)
        lines.append([name.replace("model", look), *cells])
    return lines


SHOWN = (
    ("places", "grey"),
    ("places", "mean colour"),
    ("places", "model"),
    ("places", "model x1.4"),
    ("vivid", "model"),
    ("vivid", "model x1.2"),
    ("iizuka", "model"),
    ("places", "truth"),
)


def headline(results: Path) -> dict:
    """The numbers of the text that come from the weights that ship."""
    metrics, run = record(results / "places" / "metrics.json"), Run(results / "places")
    model, grey = metrics["methods"]["model"], metrics["methods"]["grey"]
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
        "photographs": f"{metrics['photographs']:,}",
        "epoch": f"{recipe['steps_per_epoch']:,} steps of {recipe['batch_size']}",
        "validated": f"{recipe['validation_images']:,}",
        "val_loss": f"{WRITE_UP_BATCH * run.history[-1]['val_chroma_loss']:,.0f}",
        "scenes": str(len(record(results / "places" / "scenes.json")["names"])),
        "colourful": f"{100 * model['colourfulness'] / metrics['methods']['truth']['colourfulness']:.0f}",
        "bins": str(len(bins.centres())),
    }


def alphas(results: Path) -> dict:
    """What a training in full with another alpha, 10, came to beside the one that ships."""
    ten, ours = (record(results / name / "metrics.json") for name in ("alpha/gpu_alpha_10", "places"))
    return {
        "ten": f"{ten['methods']['model']['chroma_loss_write_up']:,.0f}",
        "ten_pocket": f"{ten['pocket']['ciede2000']:.2f}",
        "pocket": f"{ours['pocket']['ciede2000']:.2f}",
    }


def pictures(results: Path) -> dict:
    """What the record of the photographs says: where colouring gains most and spoils most, and the share of a and b
    at an end of their range with new variables.
    """
    known = record(results / "pictures" / "metrics.json")
    gains = {name: errors["grey"] - errors["coloured"] for name, errors in known["gallery"].items()}
    order = [name.replace("_", " ") for name in sorted(gains, key=gains.get)]
    return {
        "saturation": f"{known['saturation']:g}",
        "best": ", ".join(order[:-4:-1]),
        "worst": ", ".join(name for name in order[:3] if gains[name.replace(" ", "_")] < 0) or "none",
        "better": str(sum(gain > 0 for gain in gains.values())),
        "of": str(len(gains)),
        "outside": f"{100 * known['mystery']['outside']['new variables']:.1f}",
        "credits": "; ".join(_credits()),
    }


def _credits():
    """Whom a licence asks to name of the gallery's photographs."""
    with (DATA / "gallery" / "CREDITS.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if "BY" in row["licence"]]
    return [f"{Path(row['file']).stem}: {row['author']}, {row['licence']}" for row in rows]


def trials(results: Path) -> dict:
    """How large the trainings behind the smaller figures are, in words."""
    rate = trained_at_rates(results)[0].recipe
    runs = trained_without(results)
    part, seeds = next(run for run in runs["nothing"] if run).recipe, len(runs["nothing"])
    return {
        "rates": f"depth {rate['depth']}, {rate['epochs'] * rate['steps_per_epoch']} steps of {rate['batch_size']}",
        "ablations": f"depth {part['depth']}, {part['epochs'] * part['steps_per_epoch']} steps of "
        f"{part['batch_size']}, {seeds} seeds",
    }


def ablations_table(results: Path) -> list[list[str]]:
    """What is lost without a part: mean and range over the seeds; better or worse where the ranges do not touch."""
    found = trained_without(results)
    losses, scenes = last(found, "val_chroma_loss"), last(found, "val_scene_accuracy")
    lines, whole = [["removed", "colour loss", "from", "to", "", "scenes %"]], losses["nothing"]
    for part, values in losses.items():
        verdict = "better" if values.max() < whole.min() else "worse" if values.min() > whole.max() else "within luck"
        numbers = [f"{value:,.0f}" for value in (values.mean(), values.min(), values.max())]
        lines.append([part, *numbers, "" if part == "nothing" else verdict, f"{scenes[part].mean():.1f}"])
    return lines


def told(results: Path) -> dict:
    """The numbers of the text about what a user tells."""
    known = record(results / "13_five_ways" / "metrics.json")["miniplaces"]
    named = {"one": "segments 1", "eight": "segments 8", "places": "places"}
    numbers = {name: f"{known['methods'][method]['ciede2000']:.1f}" for name, method in named.items()}
    return numbers | {"photographs": str(known["photographs"])}


def five_ways(results: Path) -> list[list[str]]:
    """The ways to colour of notebook 13 on the same photographs: a heading, then a line each, from worst to best."""
    methods = record(results / "13_five_ways" / "metrics.json")["miniplaces"]["methods"]
    shown = {name: m for name, m in methods.items() if m["told"] in (0, 1, 8)}
    lines = [["", "told", "CIEDE2000", "PSNR dB", "colourfulness", "seconds"]]
    for name, m in sorted(shown.items(), key=lambda item: -item[1]["ciede2000"]):
        numbers = f"{m['ciede2000']:.2f}", f"{m['psnr']:.2f}", f"{m['colourfulness']:.1f}", f"{m['seconds']:.2f}"
        lines.append([name, str(m["told"]), *numbers])
    return lines


def original(results: Path) -> dict:
    """The original network beside the write-up's of the same width: validation losses of colour."""
    runs = {"original": Run(results / "iizuka"), "write_up": Run(results / "iizuka" / "write_up")}
    losses = {name: f"{WRITE_UP_BATCH * run.history[-1]['val_chroma_loss']:,.0f}" for name, run in runs.items()}
    recipe = runs["original"].recipe
    numbers = {
        "depth": str(recipe["depth"]),
        "of": str(networks.DEPTH),
        "validated": f"{recipe['validation_images']:,}",
    }
    return losses | numbers


def tables(results: Path) -> dict:
    """Tables I to V, mended: network -> lines of kind, stride, input, output."""
    shape = "x".join
    return {
        network: [[row.kind, str(row.stride), shape(map(str, row.input)), shape(map(str, row.output))] for row in rows]
        for network, rows in networks.TABLES.items()
    }


def provenance(results: Path) -> list[list[str]]:
    """Where the records come from, a line each: run, commit, data, hardware, minutes, seed."""
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
    """The fidelity ledger: each choice in the write-up, in the authors' program, and here, with the reason."""
    known = headline(results)
    with (SOURCE / "ledger.csv").open(newline="") as file:
        return [[cell.format(**known) for cell in row] for row in csv.reader(file)]


FACTS = {
    one.__name__: one
    for one in [metrics_table, headline, alphas, pictures, trials, ablations_table, told, five_ways, original, tables]
    + [provenance, ledger]
}
