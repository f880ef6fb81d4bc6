"""Record how a result was made, so that it can be made again: commit, versions, hardware, data and time."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from colorlab.base.environment import keras_backend
from colorlab.base.paths import ROOT

PACKAGES = ("colorlab", "keras", "tensorflow-cpu", "tensorflow", "jax", "numpy", "pillow", "scikit-image")


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


def described(dataset) -> dict:
    """Return what identifies a data set."""
    return {"name": dataset.name, "photographs": len(dataset), "digest": dataset.digest}


def commit() -> str:
    """Return the commit of the checkout, with "+" if the package was changed since.

    Outside a checkout, return the environment variable COLORLAB_COMMIT, or else "unknown".
    """
    elsewhere = os.environ.get("COLORLAB_COMMIT") or "unknown"

    def git(*arguments):
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")) != ROOT.resolve():  # a copy inside some other repository
            return elsewhere
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--", "colorlab") else "")
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
