"""Catch what libtiff says while it decodes: it writes to the standard error of the whole process, and goes on."""

import os
import re
import tempfile
import threading
from contextlib import contextmanager, suppress

ONE_AT_A_TIME = threading.Lock()  # there is one standard error for all threads
ERROR = 2  # the file descriptor
LINE = re.compile(
    r"(?:^|[\r\n\]])(\w[\w.]*: [^\r\n\]]*)\.(?=\r?\n)"
)  # "Fax4Decode: Bad code word at line 29 of strip 0."


@contextmanager
def caught():
    """Give a list. When the block ends, it has the sentences of libtiff, without their full stops.

    The standard error leads into a temporary file meanwhile. What others have written there goes to its place later.
    Without a standard error, or without room for the file, nothing is caught.

    One block runs at a time: other threads wait, so one compressed TIFF is decoded at a time. A child process that is
    started meanwhile keeps the temporary file as its standard error, and what it says there is lost.
    """
    said = []
    with ONE_AT_A_TIME:
        usual, file = _turned()
        try:
            yield said
        finally:
            if file:
                text = _turned_back(usual, file)
                said += [one.removeprefix("tempfile.tif: ") for one in LINE.findall(text)]
                if (others := LINE.sub("", text)).strip():
                    with suppress(OSError):  # nobody listens any more
                        os.write(ERROR, others.encode())


def _turned():
    """Lead the standard error into a file: (a descriptor of where it led, the file), or (None, None)."""
    try:
        usual = os.dup(ERROR)
    except OSError:
        return None, None
    try:
        file = tempfile.TemporaryFile()
    except OSError:
        os.close(usual)
        return None, None
    os.dup2(file.fileno(), ERROR)
    return usual, file


def _turned_back(usual, file):
    """Lead the standard error where it led before, and return what is in the file."""
    os.dup2(usual, ERROR)
    os.close(usual)
    with file:
        file.seek(0)
        return file.read().decode(errors="replace")
