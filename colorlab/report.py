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
from PIL import Image

from colorlab import ROOT, BadInput, bins, evaluation, networks
from colorlab.atomic import replacing
from colorlab.losses import WRITE_UP_BATCH
from colorlab.recorded import FIGURES, own_runs, record
from colorlab.runs import Run

SOURCE = ROOT / "report"
RESULTS = SOURCE / "results"
PRINTED = 820  # pixels across a page's photographs
# Nothing in a file may depend on when, or in which order, it was drawn.
FIXED = {"svg.hashsalt": "colorlab", "svg.fonttype": "path"}


def draw(name: str, path: Path, results: Path = RESULTS) -> None:
    """Write one of FIGURES to a file, in the format of its name. Raises BadInput for another name or a bad record."""
    if name not in FIGURES:
        raise BadInput(f"there is no figure '{name}', only: {', '.join(FIGURES)}")
    if path.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise BadInput(f"{path} has no format for a figure: let its name end in .svg, .png or .pdf")
    _save(FIGURES[name](results), path)


def _save(figure, path):
    metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
    try:
        with plt.rc_context(FIXED), replacing(path) as temporary:
            figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=200, metadata=metadata)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error}): choose another with -o") from None
    finally:
        plt.close(figure)


def build(path: Path, results: Path = RESULTS) -> list[str]:
    """Write the report to a PDF; what is missing in the records is returned, and said in the PDF.

    Raises BadInput if it cannot be written.
    """
    missing = Missing(results)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in FIGURES:
            missing.tried(draw, name, work / f"{name}.svg", results)
        for photographs in ("gallery.jpg", "legacy.jpg", "mystery.jpg"):
            missing.tried(_reduced, SOURCE / "figures" / photographs, work / photographs)
        facts = {name: missing.tried(one, results) for name, one in FACTS.items()}
        facts["drawn"] = sorted(file.name for file in work.iterdir())
        shutil.copy(SOURCE / "references.bib", work)
        _set("report.typ", work, facts | {"missing": missing.said}, path)
    return missing.said


def build_own(path: Path, runs: Path, name: str) -> list[str]:
    """Write a report of somebody's own run folders, with their name on it, as `build` does."""
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


def _reduced(source, target):
    """A picture with photographs, as many pixels wide as print needs."""
    with Image.open(source) as picture:
        height = round(PRINTED * picture.height / picture.width)
        picture.resize((PRINTED, height), Image.Resampling.LANCZOS).save(target, quality=60)


class Missing:
    """Does what can fail because a record is missing or malformed, and remembers what did."""

    def __init__(self, folder):
        self.folder, self.said = folder, []

    def tried(self, work, *given):
        """What `work` returns, or None."""
        try:
            return work(*given)
        except (BadInput, KeyError, IndexError, ValueError, TypeError, OSError) as error:
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
    for look, names in SHOWN.items():
        methods = record(results / look / "metrics.json")["methods"]
        for name in names:
            cells = (f"{methods[name][column]:.{evaluation.COLUMNS[column][1]}f}" for column in columns)
            lines.append([name.replace("model", look), *cells])
    return lines


SHOWN = {
    "places": ("grey", "mean colour", "model", "model x1.4", "truth"),
    "vivid": ("model", "model x1.4"),
    "iizuka": ("model",),
}


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
        "bins": str(len(bins.centres())),
    }


def told(results: Path) -> dict:
    """The numbers of the text about what a user tells."""
    methods = record(results / "13_five_ways" / "metrics.json")["miniplaces"]["methods"]
    named = {"one": "segments 1", "eight": "segments 8", "places": "places"}
    return {name: f"{methods[method]['ciede2000']:.1f}" for name, method in named.items()}


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
    return {name: f"{100 * run.history[-1]['val_chroma_loss']:,.0f}" for name, run in runs.items()}


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


FACTS = {one.__name__: one for one in (metrics_table, headline, told, five_ways, original, tables, provenance, ledger)}
