"""SkyPilot in its own environment, which `make sky` makes."""

import os
import subprocess

import pytest

from colorlab.base.paths import ROOT


@pytest.fixture
def sky(tmp_path):
    """Run Python with SkyPilot, in its own environment and with an empty home."""
    if not (ROOT / ".sky" / ".ready").exists():
        pytest.fail("SkyPilot is not there: `make sky` installs it, as `make test` does")

    def run(program, *arguments, **environment):
        environment = {"PATH": os.environ["PATH"]} | environment
        environment |= {"HOME": str(tmp_path), "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"}
        command = [ROOT / ".sky" / "bin" / "python", "-c", program, *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    return run
