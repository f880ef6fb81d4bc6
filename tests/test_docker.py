"""The Dockerfile, read by a linter; built, and tried, where Docker runs in CI or under `make soak`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from colorlab.base.paths import ROOT

LINTER = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ASKED = bool(os.environ.get("CI") or os.environ.get("COLORLAB_CLONES"))  # gigabytes: not at each `make test`


def runs():
    return shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True).returncode == 0


def test_a_linter_finds_nothing_in_the_dockerfile():
    assert LINTER, "hadolint is not there: `make env` installs it"
    done = subprocess.run([LINTER, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_names_its_python_and_has_a_user_of_its_own_and_no_secret():
    (base,) = re.findall(r"^FROM (\S+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.1[123]\.\d+-slim-\w+", base)  # a version that the project supports, to the patch
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["1000"]
    assert not re.search(r"token=|password|secret|AWS_|allow_root", DOCKERFILE, re.IGNORECASE)
    named = re.findall(r"^COPY \S+ (.*) \./$", DOCKERFILE, re.MULTILINE)[0].split()
    assert all((ROOT / name).is_file() for name in named)
    assert {"Makefile", "pyproject.toml", "requirements.lock", "requirements-gpu.lock"} < set(named)


def test_what_git_ignores_stays_out_of_the_image_and_nothing_else():
    ignored = [line.strip("/") for line in lines(".gitignore")]
    anywhere = re.compile(r"\*|__pycache__|\.\w+_(checkpoints|cache)")  # in git's file these mean every folder
    expected = {f"**/{line}" if anywhere.match(line) else line for line in ignored} | {".git"}
    assert set(lines(".dockerignore")) == expected


def lines(name):
    return [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.skipif(not (ASKED and runs()), reason="the image is built where Docker runs, in CI or under make soak")
def test_the_image_runs_a_notebook():
    subprocess.run(["docker", "build", "--quiet", "--tag", "colorlab:test", ROOT], check=True)
    command = ["docker", "run", "--rm", "colorlab:test", "colorlab", "run", "01", "--profile", "smoke"]
    subprocess.run(command, check=True)
