"""Requests to stop a training: SIGTERM and Ctrl-C are recorded, and it stops after the current step."""

import signal
import threading
from contextlib import contextmanager


class Terminated(SystemExit):
    """The program got SIGTERM, and has saved what it needs to resume."""

    def __init__(self, message):
        super().__init__(message)
        self.code = 128 + signal.SIGTERM  # the status that a shell reports of a program that the signal ended


def exception_for(requested, message):
    """Return the exception for the first of the recorded requests: KeyboardInterrupt for Ctrl-C, else Terminated."""
    return KeyboardInterrupt(message) if requested[0] == signal.SIGINT else Terminated(message)


@contextmanager
def stop_requests():
    """Yield a list. Inside the block SIGTERM and Ctrl-C are only added to it; a second Ctrl-C raises at once.

    A second SIGTERM does not raise, nor does a Ctrl-C after a SIGTERM. A notebook's kernel that is shut down gets
    Ctrl-C and, soon after it, SIGTERM. If all processes of a machine are told to stop, it gets a SIGTERM before both.
    """
    requested = []

    def note(number, frame):
        if number == signal.SIGINT and number in requested:
            raise KeyboardInterrupt("stopped at once, at the second request")
        requested.append(number)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    if threading.current_thread() is not threading.main_thread():  # Python sets handlers of signals only there
        before = {}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in before:
            signal.signal(number, note)
        yield requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
