"""What tests of the app and the site do: serve a folder, open a photograph, take pictures from the browser."""

import base64
import contextlib
import functools
import http.server
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from colorlab.base.paths import ROOT, RUNS

SITE = ROOT / "site"
SCREENSHOTS = RUNS / "screenshots"  # the tests leave them there, to be looked at

AS_TEXT = """pixels => {
    const parts = [];
    for (let i = 0; i < pixels.data.length; i += 32768) {
        parts.push(String.fromCharCode(...pixels.data.subarray(i, i + 32768)));
    }
    return {text: btoa(parts.join('')), width: pixels.width, height: pixels.height};
}"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """A static host. It sends no headers of its own."""

    extensions_map = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"} | {
        f".{name}": kind
        for name, kind in {"html": "text/html", "css": "text/css", "svg": "image/svg+xml", "jpg": "image/jpeg"}.items()
    }

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serving(folder: Path):
    """Serve a folder on loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.address = f"http://127.0.0.1:{server.server_port}/"
    yield server
    server.shutdown()
    server.server_close()


def cannot(reason: str) -> None:
    """Skip a test for which something is not installed. In CI, where everything should be, it fails."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def pixels(page, script: str, arg=None) -> np.ndarray:
    """Run a function of the page that returns an image, {data, width, height}: RGBA bytes (H, W, 4)."""
    found = page.evaluate(f"async given => ({AS_TEXT})(await ({script})(given))", arg)
    data = np.frombuffer(base64.b64decode(found["text"]), "uint8")
    return data.reshape(found["height"], found["width"], 4)


def shown(page, canvas="after") -> np.ndarray:
    """What a canvas of the app shows: RGBA bytes (H, W, 4)."""
    script = "id => { const c = document.getElementById(id);"
    script += "return c.getContext('2d').getImageData(0, 0, c.width, c.height); }"
    return pixels(page, script, canvas)


def apart(found, wanted) -> int:
    """The largest difference of two pictures, in levels of a channel."""
    found, wanted = (np.asarray(picture, dtype=int)[..., :3] for picture in (found, wanted))
    assert found.shape == wanted.shape
    return int(np.abs(found - wanted).max())


def opened(page, photograph: Path, timeout=60_000) -> None:
    """Choose a file as a visitor does, and wait until it is coloured."""
    page.locator("#file").set_input_files(photograph)
    coloured(page, Path(photograph).name, timeout)


def coloured(page, title: str, timeout=60_000) -> None:
    """Wait until the photograph of this title is coloured."""
    page.locator("#title", has_text=title).wait_for(timeout=timeout)
    page.locator("#status").wait_for(state="hidden", timeout=timeout)
