"""Build the report: Typst sets figures and numbers from the committed records into one PDF.

report/report.typ holds the text. facts.py gives its numbers, drawings.py and gallery.py draw its figures. If a record
is missing or damaged, the PDF says so in place of what needs it. The same records give the same bytes.
"""

import json
import re
import shutil
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import typst

from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.paths import REPORT, RESULTS
from colorlab.base.reading import reason
from colorlab.base.rounding import rounded
from colorlab.data.photographs import read_photograph
from colorlab.evaluation import figures
from colorlab.evaluation.metrics import WRITE_UP_BATCH
from colorlab.reporting.drawings import DRAWINGS, own_runs
from colorlab.reporting.evidence import EVIDENCE
from colorlab.reporting.facts import FACTS
from colorlab.reporting.gallery import LARGE, PHOTOGRAPHS, PRINTED
from colorlab.training.runs import Run

FIGURES = DRAWINGS | EVIDENCE | PHOTOGRAPHS | PRINTED
# With these, a file does not depend on when it was drawn or on what was drawn before.
FIXED = {"svg.hashsalt": "colorlab", "svg.fonttype": "path"}


def draw(name: str, path: Path, results: Path = RESULTS) -> None:
    """Write one of FIGURES to a file, in the format of its name. Raises BadInput for another name or a bad record."""
    if name not in FIGURES:
        raise BadInput(f"there is no figure '{name}', only: {', '.join(FIGURES)}")
    if path.suffix.lower() not in (".svg", ".png", ".pdf", ".jpg"):
        raise BadInput(f"{path} has no format for a figure: let its name end in .svg, .png, .pdf or .jpg")
    with plt.style.context(figures.STYLE):
        _save(_from_records(FIGURES[name], results), path, LARGE.get(name, 100))


def _save(figure, path, dots=100):
    kind = path.suffix[1:].lower()
    how = {
        "svg": {"metadata": {"Date": None}},
        "pdf": {"metadata": {"CreationDate": None}},
        "png": {"dpi": 200},
        "jpg": {"dpi": dots, "pil_kwargs": {"quality": 62}},
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with plt.rc_context(FIXED), replacing(path) as temporary:
            figure.savefig(temporary, format=kind, **how[kind])
            if kind == "svg":
                temporary.write_bytes(_with_numbered_clips(temporary.read_bytes()))
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error}): choose another with -o") from None
    finally:
        plt.close(figure)


def _with_numbered_clips(svg):
    """Name clip paths by their order. Matplotlib's names hash the last bits of a layout, which may differ each time."""
    names = {}
    found = rb'(?<=id=")p[0-9a-f]{10}(?=")|(?<=url\(#)p[0-9a-f]{10}(?=\))'
    return re.sub(found, lambda name: names.setdefault(name[0], b"clip%d" % len(names)), svg)


def build(path: Path, results: Path = RESULTS) -> list[str]:
    """Write the report to a PDF. Returns what is missing in the records; the PDF says it too.

    Raises BadInput if the PDF cannot be written.
    """
    _refuse_other_than_pdf(path)
    missing = Missing(results)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in FIGURES:
            missing.tried(draw, name, work / f"{name}.{'jpg' if name in PHOTOGRAPHS | LARGE else 'svg'}", results)
        facts = {name: missing.tried(one, results) for name, one in FACTS.items()}
        facts["drawn"] = sorted(file.name for file in work.iterdir())
        shutil.copy(REPORT / "references.bib", work)
        _set("report.typ", work, facts | {"missing": missing.said}, path)
    return missing.said


def build_own(path: Path, runs: Path, name: str) -> list[str]:
    """Write a report of a learner's own run folders, with the learner's name, as `build` does."""
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
            picture = missing.tried(read_photograph, run.pictures[-1]) if run.pictures else None
            if picture:
                picture.save(work / f"{number}.png")  # Typst refuses some damaged files that Pillow reads
                pictures.append([row["run"], f"{number}.png"])
        if finished:
            lines = {row["run"]: run for run, row in finished.items() if row["loss"] != "bins"}  # in another unit
            with plt.style.context(figures.STYLE):
                _save(own_runs(lines), work / "own_runs.svg")
        facts = {"name": name, "runs": list(finished.values()), "pictures": pictures, "missing": missing.said}
        _set("own.typ", work, facts, path)
    return missing.said


def _refuse_other_than_pdf(path):
    if path.suffix.lower() != ".pdf":
        raise BadInput(f"the report is a PDF: let the name {path} end in .pdf")


def _row(run, runs):
    """Return a run as a line of the learner's table, or None if it has not finished an epoch."""
    if not run.history:
        return None
    recipe, last = run.recipe, run.history[-1]
    return {
        "run": str(run.folder.relative_to(runs)),
        "data": run.provenance[0]["dataset"]["name"],
        "depth": f"{recipe['depth']}",
        "images": f"{rounded(last['step'] * recipe['batch_size']):,}",
        "optimizer": recipe["optimizer"],
        "rate": f"{recipe['learning_rate']:g}",
        "alpha": f"{recipe['alpha']:g}",
        "loss": recipe["loss"],
        "colour loss": f"{rounded(WRITE_UP_BATCH * last['val_chroma_loss']):,}",
        "scenes %": f"{rounded(100 * last['val_scene_accuracy'], 1)}",
        "minutes": f"{rounded(last['seconds'] / 60, 1)}",
    }


class Missing:
    """Run what fails if a record is missing or malformed, and collect the failures."""

    def __init__(self, folder):
        self.folder, self.said = folder, []

    def tried(self, work, *given):
        """Return what `work` returns, or None if it fails."""
        try:
            return _from_records(work, *given)
        except BadInput as error:
            self.said.append(str(error).replace(f"{self.folder}/", ""))
            return None


MALFORMED = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, StopIteration, OSError)


def _from_records(work, *given):
    """Return what a function makes of records. Raises BadInput if one of them has another form than it expects."""
    try:
        return work(*given)
    except BadInput:
        raise
    except MALFORMED as error:
        raise BadInput(f"{work.__name__}: a record is malformed ({error!r})") from error


def _set(source, work, facts, path):
    """Let Typst set one of our sources with these facts, and write the PDF to `path`."""
    (work / "facts.json").write_text(json.dumps(facts))
    shutil.copy(REPORT / source, work)
    try:
        pdf = typst.compile(work / source, root=work, ignore_system_fonts=True, timestamp=0)
    except typst.TypstError as error:
        raise BadInput(f"{path} cannot be set, a record is malformed ({reason(error)}): restore the records") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(pdf)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error}): choose another with -o") from None
