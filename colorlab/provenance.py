"""Where, when, with what and on what a result was made, so that it can be made again."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from colorlab import ROOT
from colorlab.backend import keras

PACKAGES = ("colorlab", "keras", "tensorflow-cpu", "tensorflow", "jax", "numpy", "pillow", "scikit-image")


def provenance(data: dict) -> dict:
    """Time, commit, versions, hardware and data (as `described`) of a piece of work that begins now."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "backend": keras.backend.backend(),
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
    """What identifies a data set."""
    return {"name": dataset.name, "photographs": len(dataset), "digest": dataset.digest}


def commit() -> str:
    """The commit of the checkout, with "+" if the package has been changed since.

    Outside a checkout it is what COLORLAB_COMMIT in the environment says, or else "unknown".
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
    installed = {}
    for package in PACKAGES:
        try:
            installed[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # one of TensorFlow's two names, or JAX, is not there
            continue
    return installed


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):  # not Linux
        return platform.processor() or platform.machine()


def _accelerators() -> list[str]:
    """The NVIDIA GPUs of the machine by name; other accelerators are not asked for."""
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    except (OSError, subprocess.CalledProcessError):
        return []
