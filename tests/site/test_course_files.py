"""The files of the site: links, pictures, what a missing page does, and what the address of the repository changes."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from browsing import SITE

import colorlab
from colorlab.base.errors import BadInput
from colorlab.base.paths import NOTEBOOKS, ROOT

COURSE = SITE / "course"
REPOSITORY = "https://github.com/ada/colorlab"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="  # a grey PNG


class Page(HTMLParser):
    """What a page links to, what it loads, its anchors, its pictures and what its head says."""

    def __init__(self, file):
        super().__init__()
        self.links, self.loaded, self.anchors, self.pictures, self.head = [], [], set(), [], {}
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given.get("id"), given.get("name")}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.loaded += [given[key] for key in ("src", "href") if key in given and tag in ("link", "img", "script")]
        if tag == "img":
            self.pictures.append(given)
        if tag in ("html", "meta"):
            self.head |= {given.get("name", tag): given.get("content", given.get("lang"))}


@pytest.fixture(scope="module")
def pages(course):
    found = {file.relative_to(course).as_posix(): Page(file) for file in course.rglob("*.html")}
    return {name: page for name, page in found.items() if not name.startswith("app/")}


def test_every_link_inside_the_site_leads_somewhere(course, pages):
    assert len(pages) > 30
    broken = []
    for name, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or name == "404.html":
                continue
            target = (course / name).parent / unquote(parts.path) if parts.path else course / name
            relative = os.path.relpath(target, course)
            known = pages[relative].anchors if relative in pages else {parts.fragment}
            if not target.is_file() or parts.fragment and unquote(parts.fragment) not in known:
                broken.append((name, link))
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(course, pages):
    assert [
        link for page in pages.values() for link in page.loaded if not link.startswith("data:") and "//" in link
    ] == []
    styles = "".join(file.read_text() for file in (course / "_static").rglob("*.css"))
    assert re.findall(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", styles) == []


def test_every_page_says_what_it_is(pages):
    for name, page in pages.items():
        assert page.head["html"] == "en-GB", name
        assert name in ("search.html", "404.html") or len(page.head["description"]) > 20, name
        assert all("alt" in picture for picture in page.pictures), name


def test_a_file_that_is_no_page_is_named(course):
    assert ">report/results/vivid/metrics.json<" in _plain(course / "notebooks" / "13_five_ways.html")


def test_a_path_may_break_after_its_slashes_alone(course):
    assert ">report/<wbr>results/<wbr>vivid/<wbr>metrics.json<" in (course / "notebooks/13_five_ways.html").read_text()


def test_the_first_page_has_the_titles_that_the_app_has(course):
    page, settings = (course / "index.html").read_text(), json.loads((course / "app" / "settings.json").read_text())
    captions = [unescape(caption) for caption in re.findall("<figcaption>(.*?)</figcaption>", page)]
    assert len(captions) == 3 and set(captions) <= {one["title"] for one in settings["photographs"]}


def test_the_reference_has_the_face_and_its_parameters(course):
    reference = (course / "reference.html").read_text()
    for name in colorlab.__all__:
        assert f'id="colorlab.{name}"' in reference or f'id="module-colorlab.{name}"' in reference, name
    assert "<strong>overwrite</strong>" in reference


def test_a_mistake_leaves_the_site_as_it_was(tmp_path, capfd):
    target, pages = tmp_path / "site", runpy.run_path(str(SITE / "pages.py"))
    with pytest.raises(BadInput, match="app is missing: run `make app` first"):
        pages["build"](target)
    (target / "app").mkdir(parents=True)
    shutil.copytree(COURSE, tmp_path / "course", ignore=shutil.ignore_patterns("*.md", "__pycache__"))
    (tmp_path / "course" / "index.md").write_text("# Home\n\n[away](nowhere.md)\n")
    pages["build"].__globals__.update(COURSE=tmp_path / "course", NOTEBOOKS=NOTEBOOKS / "profiles")
    with pytest.raises(BadInput, match="the pages have mistakes, which Sphinx has named. .* is as it was"):
        pages["build"](target)
    assert "nowhere.md" in capfd.readouterr().err
    assert [file.name for file in target.iterdir()] == ["app"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A site of two pages, built with the address of a repository."""
    source = tmp_path_factory.mktemp("small")
    shutil.copytree(COURSE, source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.md", "__pycache__"))
    shutil.copyfile(SITE / "app" / "icon.svg", source / "icon.svg")
    (source / "index.md").write_text("# Home\n\n```{toctree}\nnotebooks/one\n```\n")
    picture = {"output_type": "display_data", "data": {"image/png": DOT}}
    picture["metadata"] = {"image/png": {"alt": "A grey dot", "width": 30}}
    text = (
        "# One\n\nA [file](../pyproject.toml#L3), a [folder](../colorlab/networks), the [report](../report/report.pdf)."
    )
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": "1", "outputs": [picture], "execution_count": 1},
    ]
    (source / "notebooks").mkdir()
    metadata = {"language_info": {"name": "python", "pygments_lexer": "python3"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    (source / "notebooks" / "one.ipynb").write_text(json.dumps(notebook))
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", source, source / "pages"]
    done = subprocess.run(sphinx, env=os.environ | {"COLORLAB_REPOSITORY": REPOSITORY}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Page(source / "pages" / "notebooks" / "one.html")


def test_the_repository_s_address_makes_links(small):
    assert f"{REPOSITORY}/blob/main/pyproject.toml#L3" in small.links
    assert f"{REPOSITORY}/blob/main/colorlab/networks" in small.links
    assert "../report.pdf" in small.links


def test_the_repository_s_address_makes_launch_links(small):
    launch = [link for link in small.links if re.search("colab.research|codespaces|mybinder", link)]
    assert launch == [
        "https://colab.research.google.com/github/ada/colorlab/blob/main/notebooks/one.ipynb",
        "https://codespaces.new/ada/colorlab?ref=main",
        "https://mybinder.org/v2/gh/ada/colorlab/main?urlpath=lab%2Ftree%2Fnotebooks%2Fone.ipynb",
    ]


def test_a_figure_has_the_alternative_text_of_its_output(small):
    (figure,) = [picture for picture in small.pictures if "_images" in picture["src"]]
    assert figure["alt"] == "A grey dot"


def test_the_workflow_pins_its_actions_and_builds_without_the_right_to_publish():
    text = (ROOT / ".github" / "workflows" / "pages.yml").read_text()
    used = re.findall(r"uses: (.*)", text)
    assert len(used) == 5 and all(re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", one) for one in used)
    workflow = yaml.safe_load(text)
    build, deploy = workflow["jobs"]["build"], workflow["jobs"]["deploy"]
    assert [step["run"] for step in build["steps"] if "run" in step] == ["make site"]
    assert workflow["permissions"] == {} and build["permissions"] == {"contents": "read"}
    assert build["steps"][0]["with"] == {"persist-credentials": False}
    assert deploy["needs"] == "build" and deploy["permissions"] == {"pages": "write", "id-token": "write"}
    assert [step for step in deploy["steps"] if "run" in step] == []


def _plain(page):
    """The page without the tags that Sphinx puts around the words of code."""
    return re.sub(r'<span class="pre">|</span>|<wbr>', "", page.read_text())
