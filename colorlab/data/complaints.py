"""Catch what libtiff says while it decodes: it writes to the standard error of the whole process, and goes on."""

import os
import re
import sys
import tempfile
import threading
from contextlib import contextmanager

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
    """
    said = []
    with ONE_AT_A_TIME:
        try:
            usual, file = os.dup(ERROR), tempfile.TemporaryFile()
        except OSError:
            yield said
            return
        try:
            os.dup2(file.fileno(), ERROR)
            yield said
        finally:
            os.dup2(usual, ERROR)
            os.close(usual)
            file.seek(0)
            text = file.read().decode(errors="replace")
            file.close()
            said += [one.removeprefix("tempfile.tif: ") for one in LINE.findall(text)]
            if (others := LINE.sub("", text)).strip():
                sys.stderr.write(others)
