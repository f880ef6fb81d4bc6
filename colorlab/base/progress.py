"""Show one line of progress with the time left, in a terminal, a notebook or a log file.

tqdm does the counting and the wording. In a notebook, its widget would be lost when the file is saved: here the line is
an ordinary output that is updated in place. In a log file, its carriage returns would be noise: here a plain line is
printed every half minute.
"""

import io
import sys
import time

from tqdm import tqdm


class Progress(tqdm):
    """tqdm with a display for the place where it runs. Use it like tqdm."""

    SECONDS_BETWEEN_LOG_LINES = 30

    def __init__(self, *args, file=None, **kwargs):
        self._stream = file or sys.stderr or io.StringIO()  # a program may run without standard error
        self._show = self._in_place if _in_notebook() else self._now_and_then
        self._handle = None
        self._last_line = time.monotonic()
        self._ended = False
        in_terminal = self._stream.isatty() and not _in_notebook()
        # Outside a terminal tqdm's control characters go nowhere, and `display` below shows the line.
        super().__init__(*args, file=self._stream if in_terminal else io.StringIO(), dynamic_ncols=True, **kwargs)

    def display(self, msg=None, pos=None):
        if self.fp is self._stream:
            return super().display(msg, pos)
        self._show(str(self) if msg is None else msg)
        return True

    def _in_place(self, line):
        from IPython.display import display

        content = {"text/plain": line}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def _now_and_then(self, line):
        ends = self.total is not None and self.n >= self.total and not self._ended
        if ends or time.monotonic() - self._last_line > self.SECONDS_BETWEEN_LOG_LINES:
            self._last_line, self._ended = time.monotonic(), ends
            print(line, file=self._stream, flush=True)


def _in_notebook():
    """Whether this is a Jupyter kernel (IPython in a terminal is not)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
