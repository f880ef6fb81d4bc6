"""Progress reads well where it ends up: no control characters in a log, one line that is replaced in a notebook."""

import io
import sys
import types

from colorlab.base.progress import Progress


def test_a_log_file_gets_plain_lines_and_ends_with_the_total():
    log = io.StringIO()
    for _ in Progress(range(50), file=log, desc="packing"):
        pass
    lines = log.getvalue().splitlines()
    assert "\r" not in log.getvalue() and "\x1b" not in log.getvalue()
    assert len(lines) == 1 and "packing: 100%" in lines[0] and "50/50" in lines[0]


def test_a_long_job_reports_now_and_then(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(Progress, "SECONDS_BETWEEN_LOG_LINES", 0)
    for _ in Progress(range(5), file=log, mininterval=0):
        pass
    assert len(log.getvalue().splitlines()) >= 5


def test_a_notebook_keeps_one_line(monkeypatch):
    shown = []

    class Handle:
        def update(self, content, raw):
            shown[0] = content["text/plain"]

    def display(content, raw, display_id):
        shown.append(content["text/plain"])
        return Handle()

    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=display))
    for _ in Progress(range(20), desc="training", mininterval=0):
        pass
    assert len(shown) == 1 and "20/20" in shown[0]
