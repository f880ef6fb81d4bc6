"""One line of progress with the time left, wherever the work runs: a terminal, a notebook or a log file.

tqdm does the counting and the wording. What it lacks is a bar that still reads well afterwards: in a notebook its
widget is lost in the saved file, so here the line is an ordinary output that is replaced in place; in a log file
its carriage returns are noise, so here a plain line is printed now and then.
"""

import sys
import time

from tqdm import tqdm


class Progress(tqdm):
    """tqdm with the display chosen for where it runs. Use it as you would tqdm."""

    SECONDS_BETWEEN_LOG_LINES = 30

    def __init__(self, *args, **kwargs):
        self._handle = None
        self._ended = False
        self._last_line = time.monotonic()
        super().__init__(*args, **{"file": sys.stderr, "dynamic_ncols": True, **kwargs})

    def display(self, msg=None, pos=None):
        line = self.__str__() if msg is None else msg
        if _in_notebook():
            self._show_in_notebook(line)
        elif self.fp.isatty():
            return super().display(msg, pos)
        else:
            self._print_now_and_then(line)
        return True

    def _show_in_notebook(self, line):
        from IPython.display import display

        content = {"text/plain": line}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def _print_now_and_then(self, line):
        finished = self.total is not None and self.n >= self.total and not self._ended
        if finished or time.monotonic() - self._last_line > self.SECONDS_BETWEEN_LOG_LINES:
            self._last_line, self._ended = time.monotonic(), finished
            print(line, file=self.fp, flush=True)

    def close(self):
        self._ended = True  # tqdm shows the last state once more when it closes; a log needs it only once
        super().close()


def _in_notebook():
    """True in a Jupyter kernel (not in terminal IPython)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")
