"""A server on this machine that drops, refuses, ignores and changes its mind as servers do."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from colorlab.data import fetch


class Server(BaseHTTPRequestHandler):
    """Serves `files`; the class attributes say in what way it misbehaves."""

    def do_GET(self):
        self.requests.append((self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        data = self.files.get(self.path)
        if data is None:
            return self.send_error(404)
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if asked and self.knows_ranges and self.headers.get("If-Range") in (None, self.version):
            start = int(asked[1])
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - start))
        if self.version:
            self.send_header("Last-Modified" if "GMT" in self.version else "ETag", self.version)
        self.end_headers()
        if self.drop_after:
            stop = start + self.drop_after.pop(0)
            self.close_connection = True
            self.wfile.write(data[start:stop])
        else:
            self.wfile.write(data[start:])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server without files, and data/downloads and data/packed where they do no harm."""

    class ThisServer(Server):
        files, requests, drop_after = {}, [], []
        version, knows_ranges = '"one"', True

    monkeypatch.setattr(fetch, "DOWNLOADS", tmp_path / "downloads")
    monkeypatch.setattr(fetch, "PACKED", tmp_path / "packed")
    monkeypatch.setattr(fetch, "WAIT", 0.001)
    server = ThreadingHTTPServer(("127.0.0.1", 0), ThisServer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    ThisServer.address = f"http://127.0.0.1:{server.server_port}/sets"
    yield ThisServer
    server.shutdown()
    server.server_close()
