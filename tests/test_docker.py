"""The Dockerfile, read by a linter; built, and tried, under `make soak` where Docker runs."""

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
ASKED = bool(os.environ.get("COLORLAB_CLONES"))  # an image of gigabytes: not in `make test`, not even in CI


def docker(*words, seconds, **more):
    return subprocess.run(["docker", *words], timeout=seconds, **more)


def runs():
    try:
        return docker("info", seconds=20, capture_output=True).returncode == 0
    except (OSError, subprocess.TimeoutExpired):  # it is not there, or its daemon does not answer
        return False


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


@pytest.mark.skipif(not (ASKED and runs()), reason="the image is built under make soak, where Docker runs")
def test_the_image_runs_a_notebook():
    name = f"colorlab-test-{os.getpid()}"  # the container's too: ending `docker run` would leave it running
    try:
        docker("build", "--quiet", "--tag", name, ROOT, seconds=3600, check=True)
        words = ("colorlab", "run", "01", "--profile", "smoke")
        docker("run", "--rm", "--name", name, name, *words, seconds=600, check=True)
    finally:
        docker("rm", "--force", name, seconds=60, capture_output=True)
        docker("image", "rm", "--force", name, seconds=300, capture_output=True)


def test_the_image_is_built_when_asked_only_and_is_removed_when_its_notebook_fails(monkeypatch):
    called = []

    def failing(words, timeout, check=False, **more):
        called.append(words[1:3])
        if check and words[1] == "run":
            raise subprocess.TimeoutExpired(words, timeout)

    monkeypatch.setattr(subprocess, "run", failing)
    with pytest.raises(subprocess.TimeoutExpired):
        test_the_image_runs_a_notebook()
    assert called == [["build", "--quiet"], ["run", "--rm"], ["rm", "--force"], ["image", "rm"]]
