"""The pages that people read: every link leads somewhere, and the command line knows every command."""

import re
import shlex
import shutil
import subprocess

import nbformat
import pytest

from colorlab.base.paths import NOTEBOOKS, ROOT
from colorlab.cli.main import main

README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
OTHERS = ["CONTRIBUTING.md", "data/README.md", "data/weights/README.md", "report/results/README.md"]
GUIDES = [*sorted(NOTEBOOKS.glob("*.md")), NOTEBOOKS / "aws" / "README.md"]
PAGES = [README, *DOCS, *(ROOT / name for name in OTHERS), *GUIDES, *sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))]


def text_of(page):
    """Return the Markdown of a page, or of a notebook's cells."""
    if page.suffix != ".ipynb":
        return page.read_text()
    cells = nbformat.read(page, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def prose_of(page):
    """Return the text without its blocks of code, in which # begins a comment."""
    return re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def headings(page):
    return re.findall(r"^(#+) +(.+?) *$", prose_of(page), re.MULTILINE)


def anchors(page):
    """Return what GitHub and MyST call the headings of a page in a link."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for _, heading in headings(page))
    return {heading.replace(" ", "-") for heading in plain}


def broken(page):
    """Yield the links of a page that lead nowhere in this checkout. The web is not asked."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if re.match(r"https?://|attachment:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or anchor and anchor not in anchors(target):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    assert list(broken(page)) == []


def test_what_counts_as_a_broken_link(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A page\n\n## Stop, and `resume`!\n\n[1](#stop-and-resume) [2](#stop) [3](page.md#a-page) [4](none.md)"
    )
    assert list(broken(page)) == ["#stop", "none.md"]


def test_the_readme_is_read_in_a_minute_and_leads_to_every_page():
    assert len(README.read_text()) <= 7000
    linked = set(re.findall(r"\((docs/\w+\.md)", README.read_text()))
    assert linked == {f"docs/{page.name}" for page in DOCS}


@pytest.mark.parametrize("page", [README, *DOCS, *GUIDES], ids=lambda page: page.name)
def test_a_page_has_one_title_and_it_comes_first(page):
    assert [depth for depth, _ in headings(page)].index("#") == 0
    assert [depth for depth, _ in headings(page)].count("#") == 1


def commands():
    """Yield (page, arguments) for every command `colorlab` in the blocks of code."""
    for page in (README, *DOCS, *GUIDES):
        for block in re.findall(r"^```sh\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if re.match(r"\S+/colorlab ", line):
                    yield page.name, shlex.split(line, comments=True)[1:]


def test_the_command_line_knows_every_command():
    found = list(commands())
    assert len(found) > 20
    for page, (name, *arguments) in found:
        command = main.commands[name]
        if name == "data":
            command = command.commands[arguments.pop(0)]
        context = command.make_context(f"{name} ({page})", arguments)  # raises if an option or an argument is wrong
        read = [context.params[one.name] for one in command.params if one.param_type_name == "argument"]
        assert "runs/" not in str(read), "what only a reader's own training makes has a name in capitals: RUN_FOLDER"


def test_the_site_is_looked_at_with_a_program_that_every_system_has():
    programs = [(ROOT / "site" / name).read_text() for name in ("build.py", "pages.py")]
    said = [re.findall(r"(\w+) -m http\.server", text) for text in (*map(text_of, PAGES), *programs)]
    assert set(sum(said, [])) == {"python3"} and said[-1] and said[-2]


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_site_gives_one_hint():
    said = subprocess.run(["make", "-n", "site"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    shown = [line for line in said.splitlines() if "/python site/" in line and "> /dev/null" not in line]
    assert [line.split()[-1] for line in shown] == ["site/pages.py"]
