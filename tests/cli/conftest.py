"""What the tests of the command line share."""

import signal

import pytest
from click.testing import CliRunner

from colorlab.cli.main import main


@pytest.fixture
def colorlab():
    """Call the command: colorlab("segment", photograph, "-o", …)."""
    usual = signal.getsignal(signal.SIGTERM)  # some commands set their own
    yield lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])
    signal.signal(signal.SIGTERM, usual)
