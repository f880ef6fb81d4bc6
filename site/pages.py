"""Build the course's pages into runs/site: README, notebooks, glossary, docs/, report. The app must be there already.

Sphinx reads one folder, so the pages, which lie in many, are copied into one. Nothing is executed but the network that
colours the three photographs of the first page.
"""

import csv
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA, NOTEBOOKS, REPORT, ROOT, RUNS
from colorlab.data.photographs import read_photograph
from colorlab.painting.network import load

SITE = ROOT / "site"
COURSE = SITE / "course"
MATHJAX = SITE / "node_modules" / "mathjax" / "es5"
FONT = "output/chtml/fonts/woff-v2"  # where MathJax looks for its font, beside its script
SHOWN = "alpine_landscape_1870", "march_pastoral_1888", "black_canyon_1871"  # on the first page
SIDE = 640  # pixels of the longer side there


def build(target: Path) -> None:
    """Build the pages into the folder `target`, which has the app in `app` and is else replaced as a whole.

    Raises BadInput if a part is missing or if Sphinx warns, for example of a link that leads nowhere.
    """
    if not (target / "app").is_dir():
        raise BadInput(f"{target / 'app'} is missing: run `make app` first")
    if not MATHJAX.is_dir():
        raise BadInput(f"{MATHJAX} is missing: run `npm ci --prefix site` first")
    beside = target.with_name(target.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    source = beside / "source"
    _gather(source)
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", beside / "doctrees"]
    if subprocess.run([*sphinx, source, beside / "pages"]).returncode:
        raise BadInput(f"the pages have mistakes, which Sphinx has named. {target} is as it was")
    for template in (beside / "pages" / "_static").glob("*.html"):  # Sphinx copies those of the theme
        template.unlink()
    _pictures(beside / "pages" / "photographs")
    (target / "app").rename(beside / "pages" / "app")
    shutil.rmtree(target)
    (beside / "pages").rename(target)
    shutil.rmtree(beside)


def _gather(source):
    """Fill the folder that Sphinx reads. Pages keep the places that they have in the repository, so their links fit."""
    unwanted = shutil.ignore_patterns("*.running.ipynb", "*.failed.ipynb", ".*", "__pycache__")
    shutil.copytree(COURSE, source, ignore=unwanted)
    for folder in NOTEBOOKS, ROOT / "docs", REPORT / "figures":
        shutil.copytree(folder, source / folder.relative_to(ROOT), ignore=unwanted)
    _captions(source / "index.md")
    shutil.copyfile(ROOT / "README.md", source / "README.md")
    shutil.copyfile(REPORT / "report.pdf", source / "extra" / "report.pdf")
    shutil.copyfile(SITE / "app" / "icon.svg", source / "icon.svg")
    mathjax = source / "static" / "mathjax"
    shutil.copytree(MATHJAX / FONT, mathjax / FONT)
    shutil.copyfile(MATHJAX / "tex-chtml.js", mathjax / "tex-chtml.js")


def _captions(page):
    """Put the titles of the legacy photographs where the page has their names in braces."""
    text = page.read_text()
    with (DATA / "legacy" / "CREDITS.csv").open(newline="") as credits:
        for row in csv.DictReader(credits):
            text = text.replace(f"{{{Path(row['file']).stem}}}", escape(row["title"], quote=False))
    page.write_text(text)


def _pictures(folder):
    """Write the photographs of the first page, as they are and coloured."""
    folder.mkdir()
    network = load()
    for name in SHOWN:
        photograph = read_photograph(DATA / "legacy" / f"{name}.jpg")
        photograph.thumbnail((SIDE, SIDE))
        photograph.save(folder / f"{name}.jpg", quality=85)
        network.colorize(photograph).save(folder / f"{name}_coloured.jpg", quality=85)


if __name__ == "__main__":
    where = RUNS / "site"
    try:
        build(where)
    except BadInput as error:
        sys.exit(f"Error: {error}")
    print(f"The site is in {where}: look at it with `python3 -m http.server --directory {where}`.")
