"""Record how a result was made, so that it can be made again: commit, versions, hardware, data and time."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from colorlab.base.environment import keras_backend
from colorlab.base.errors import BadInput
from colorlab.base.paths import ROOT

PACKAGES = ("colorlab", "keras", "tensorflow-cpu", "tensorflow", "jax", "numpy", "pillow", "scikit-image")

PROGRAM = ("colorlab", ":(glob)report/*.py", "data/weights")  # in the checkout: what makes records


def provenance(data: dict) -> dict:
    """Return the facts about work that begins now. `data` is its data set, as `described` returns it."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "backend": keras_backend(),
        "python": platform.python_version(),
        "versions": versions(),
        "hardware": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "accelerators": _accelerators(),
        },
        "dataset": data,
    }


def of_record(data: dict) -> dict:
    """Return what `provenance` does, for a record that will be published. Raises BadInput as `refuse_changed` does."""
    refuse_changed([commit()])
    return provenance(data)


def refuse_changed(commits: Iterable[str]) -> None:
    """Raise BadInput unless each is a whole commit: nobody can get back a program that no commit holds."""
    for one in commits:
        if not re.fullmatch("[0-9a-f]{40}", one):
            raise BadInput(
                f"a record would name the commit '{one}', which does not hold the program that made it: "
                "commit all changes, then make the record again"
            )


def described(dataset) -> dict:
    """Return what identifies a data set."""
    return {"name": dataset.name, "photographs": len(dataset), "digest": dataset.digest}


def commit() -> str:
    """Return the commit of the checkout, with "+" if the package, a script of report or the weights have changed.

    Outside a checkout, return the environment variable COLORLAB_COMMIT, or else "unknown".
    """
    elsewhere = os.environ.get("COLORLAB_COMMIT") or "unknown"

    def git(*arguments):
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")) != ROOT.resolve():  # a copy inside some other repository
            return elsewhere
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--", *PROGRAM) else "")
    except (OSError, subprocess.CalledProcessError):
        return elsewhere


def versions() -> dict:
    """Return the versions of those of PACKAGES that are installed."""
    installed = {}
    for package in PACKAGES:
        try:
            installed[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # JAX, or one of TensorFlow's two names
            continue
    return installed


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):  # not Linux
        return platform.processor() or platform.machine()


def _accelerators() -> list[str]:
    """Return the names of the machine's NVIDIA GPUs. Other accelerators are not looked for."""
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    except (OSError, subprocess.CalledProcessError):
        return []
