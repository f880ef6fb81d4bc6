"""A real browser with the app or the pages of the course in it: Debian's Chromium, driven by Playwright, and a server.

Where one of them is missing the tests are skipped and say what to install. In CI they fail instead.
"""

import runpy
import shutil

import pytest
from browsing import SITE, cannot, serving

from colorlab.base.paths import DATA

CHROMIUM = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
INSTALL = "apt-get install chromium, then make test-app"


@pytest.fixture(scope="session")
def chromium():
    """A browser. Chromium starts once."""
    path = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if not path or not (SITE / "node_modules").is_dir():
        cannot(f"there is no browser to test the app in: {INSTALL}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(chromium, tmp_path_factory):
    """A folder with the app as `make app` builds it, the photographs that ship (data), and what tests make (made)."""
    folder = tmp_path_factory.mktemp("site")
    runpy.run_path(str(SITE / "build.py"))["build"](folder / "app")
    (folder / "data").symlink_to(DATA)
    (folder / "made").mkdir()
    return folder


@pytest.fixture(scope="session")
def course(site, tmp_path_factory):
    """A folder with the whole site as `make site` builds it. It is served below a path, as on many hosts."""
    folder = tmp_path_factory.mktemp("host") / "below" / "a_path"
    folder.mkdir(parents=True)
    (folder / "app").symlink_to(site / "app")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLORLAB_REPOSITORY", raising=False)
        runpy.run_path(str(SITE / "pages.py"))["build"](folder)
    return folder


@pytest.fixture(scope="module")
def host(site):
    """The server. `address` is where the app is."""
    with serving(site) as server:
        server.address += "app/"
        yield server


@pytest.fixture(scope="module")
def page(chromium, host):
    """The app, with its networks loaded. All tests of a file share it: each opens the photograph that it needs."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    page = context.new_page()
    page.failures = []
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    page.goto(host.address)
    page.evaluate("navigator.serviceWorker.ready")
    yield page
    context.close()
