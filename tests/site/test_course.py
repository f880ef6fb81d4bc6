"""The pages of the course in a browser: what a visitor does, from any static host and without another."""

import re
from pathlib import Path

import pytest
from browsing import SCREENSHOTS, SITE, serving

from colorlab.base.paths import NOTEBOOKS

AXE = SITE / "node_modules" / "axe-core" / "axe.min.js"
CHAPTERS = [notebook.stem for notebook in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))]
LEFT = "net::ERR_ABORTED"  # the visitor has gone to another page before all was there
VIOLATIONS = "async () => (await axe.run()).violations.filter(one => ['serious', 'critical'].includes(one.impact))"


@pytest.fixture(scope="module")
def address(course):
    with serving(course.parents[1]) as server:
        yield f"{server.address}{course.parent.name}/{course.name}/"


@pytest.fixture(scope="module")
def visited(chromium, address):
    """A page, and what it has asked for: each request as a pair of address and whether it was answered."""
    context = chromium.new_context(viewport={"width": 360, "height": 780})
    page = context.new_page()
    page.asked, page.failures = [], []
    page.on("requestfinished", lambda request: page.asked.append((request.url, request.response().status < 400)))
    page.on("requestfailed", lambda request: request.failure == LEFT or page.failures.append(request.url))
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    yield page
    context.close()


@pytest.fixture
def page(visited, address):
    """What a page asks for, it asks of the site, and gets it."""
    visited.asked.clear()
    visited.failures.clear()
    yield visited
    assert [(url, ok) for url, ok in visited.asked if not ok or not url.startswith((address, "data:"))] == []
    assert visited.failures == []


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_next_leads_through_all_notebooks_and_previous_back(page, address):
    assert len(CHAPTERS) == 13
    page.goto(f"{address}notebooks/how_to_take_this_course.html")
    for chapter in CHAPTERS:
        page.locator("a.right-next").click()
        page.wait_for_url(f"**/{chapter}.html")
        page.evaluate("window.MathJax?.startup.promise")
        assert fits(page), chapter
        assert page.locator(".math").count() == page.locator("mjx-container").count(), chapter
        assert page.locator("mjx-merror, merror").count() == 0, chapter
    for chapter in reversed(CHAPTERS[:-1]):
        page.locator("a.left-prev").click(no_wait_after=True)
        page.wait_for_url(f"**/{chapter}.html", wait_until="domcontentloaded")


def test_formulas_are_drawn_with_the_font_of_the_site(page, address):
    page.goto(f"{address}notebooks/08_joint_loss.html")
    page.locator("mjx-container").first.wait_for()
    page.evaluate("document.fonts.ready")
    assert any(url.startswith(f"{address}_static/mathjax/output/") for url, _ in page.asked)


def test_search_finds_a_word_of_a_notebook(page, address):
    page.goto(address)
    page.locator(".search-button__button:visible").first.click()
    page.locator("#pst-search-dialog input").fill("overflow")
    page.keyboard.press("Enter")
    page.locator("#search-results a", has_text="11 · Why only green").first.click()
    page.wait_for_url("**/notebooks/11_the_mystery.html*")


def test_the_first_page_leads_to_the_app(page, address):
    page.goto(address)
    page.locator(".opening a.primary").click()
    page.wait_for_url(f"{address}app/index.html")
    page.locator("#examples button").nth(6).wait_for()


def test_a_wrong_address_leads_home(page, address):
    page.route(
        "**/nowhere/page.html",
        lambda route: route.fulfill(path=Path(__file__).parents[2] / "site/course/extra/404.html"),
    )
    page.goto(f"{address}notebooks/nowhere/page.html")
    page.locator(f"a[href='{address}']").wait_for()
    page.unroute("**/nowhere/page.html")
    page.asked[:] = [(url, ok) for url, ok in page.asked if "searchindex" not in url]  # it looks where there is none


@pytest.mark.parametrize("name", ["index", "notebooks/03_mid_level_features", "notebooks/glossary", "docs/formats"])
def test_a_page_is_accessible_and_fits(page, address, name):
    for scheme, width in (("light", 1600), ("light", 1000), ("light", 360), ("dark", 360)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{address}{name}.html")
        assert fits(page), width
        page.screenshot(path=SCREENSHOTS / f"{Path(name).name}-{width}-{scheme}.png")
        if width == 360:
            page.evaluate(AXE.read_text())
            found = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in page.evaluate(VIOLATIONS)]
            assert found == [], scheme


def test_code_can_be_copied_and_outputs_cannot(page, address):
    page.goto(f"{address}notebooks/01_lab_conversion.html")
    cells, outputs = page.locator("div.cell_input").count(), page.locator("div.cell_output .copybtn").count()
    assert cells == page.locator("div.cell_input .copybtn").count() > 10
    assert outputs == 0


def test_a_notebook_can_be_downloaded(page, address):
    page.goto(f"{address}notebooks/05_fusion.html")
    with page.expect_download() as download:
        page.locator("text=Download this notebook").click()
    assert download.value.path().read_bytes() == (NOTEBOOKS / "05_fusion.ipynb").read_bytes()
    assert not re.search("Colab|Codespaces|Binder", page.locator(".notebook-links").inner_text())
