"""The three ways in (make env, conda, pip) must install the same thing, from anywhere."""

import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from colorlab.base.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
LOCKED_EXTRAS = ("course", "cpu", "cloud", "dev")  # as in `make lock`
ENTRIES = [entry.split(" --hash=") for entry in re.sub(r"\s*\\\n\s*", " ", LOCK).splitlines()]
LOCKED = [Requirement(entry[0]) for entry in ENTRIES]


def locked_versions(name):
    """More than one where platforms or Pythons differ."""
    pins = [pin for locked in LOCKED for pin in locked.specifier if locked.name == canonicalize_name(name)]
    return [pin.version for pin in pins]


def declared():
    groups = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in LOCKED_EXTRAS)]
    return [Requirement(text) for group in groups for text in group]


def test_environment_yml_agrees_with_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["name"] == PROJECT["name"]
    python, pip, by_pip = environment["dependencies"]
    assert pip == "pip"
    assert python.split()[0] == "python"
    assert SpecifierSet(python.split()[1]) == SpecifierSet(PROJECT["requires-python"])
    (checkout,) = by_pip["pip"]
    extras = re.fullmatch(r"-e \.\[([\w,]+)\]", checkout)[1].split(",")
    assert set(extras) == {"course", "cpu", "dev"} <= set(PROJECT["optional-dependencies"])


def test_every_locked_package_is_pinned_and_hashed():
    assert len(ENTRIES) > 50
    for locked, (_, *hashes) in zip(LOCKED, ENTRIES, strict=True):
        (pin,) = locked.specifier
        assert pin.operator == "==" and "*" not in pin.version, locked
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), locked


def test_the_lock_names_no_index_and_nothing_of_cuda():
    assert "://" not in LOCK
    assert not re.search(r"^-", LOCK, re.MULTILINE)  # no option such as --index-url
    cuda = re.compile(r"nvidia|cuda|cupy|triton|jax-cuda|.*-cu\d\d")
    assert [locked.name for locked in LOCKED if cuda.match(locked.name)] == []


@pytest.mark.parametrize("requirement", declared(), ids=lambda r: r.name)
def test_the_lock_holds_every_dependency(requirement):
    versions = locked_versions(requirement.name)
    assert versions, "run `make lock`"
    assert all(version in requirement.specifier for version in versions), "run `make lock`"


def test_make_takes_uv_from_the_lock():
    """The sed line of the Makefile must find just uv with its hashes, whatever stands around it."""
    script = re.search(r"sed -n '(.*)' requirements.lock", MAKEFILE)[1].replace("$$", "$")
    sed = ["sed", "-n", script, ROOT / "requirements.lock"]
    found = subprocess.run(sed, capture_output=True, text=True, check=True)
    lines = found.stdout.splitlines()
    assert lines[0].startswith(f"uv=={locked_versions('uv')[0]} ")
    assert len(lines) > 1 and all(re.match(r"    --hash=sha256:[0-9a-f]{64}", line) for line in lines[1:])


def test_make_accepts_the_pythons_of_pyproject():
    low, high = re.search(r"\((\d, \d+)\) <= sys.version_info < \((\d, \d+)\)", MAKEFILE).groups()
    assert PROJECT["requires-python"] == f">={low.replace(', ', '.')},<{high.replace(', ', '.')}"


def test_make_alone_lists_its_targets():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^make ([\w-]+) +\w", listed, re.MULTILINE)
    course = ["env", "lab", "course", "notebooks", "test", "soak", "report", "numbers", "bench"]
    assert targets == [*course, "app", "site", "test-app", "sky", "lock"]


def test_make_says_in_one_sentence_what_python_it_needs(tmp_path):
    """Before it touches an environment; a Python without venv (Debian's) ends here too."""
    (tmp_path / "python").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    make = ["make", "env", f"PYTHON={tmp_path / 'python'}"]
    done = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "3.11" in done.stderr and "PYTHON=" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_gpu_lock_differs_from_the_usual_one_in_tensorflow_and_what_is_nvidias():
    pin = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)", re.MULTILINE)
    usual, gpu = (set(pin.findall((ROOT / f"requirements{kind}.lock").read_text())) for kind in ("", "-gpu"))
    versions = dict(usual)
    assert dict(gpu)["tensorflow"] == versions["tensorflow-cpu"], "run `make lock`"
    assert {name for name, _ in usual - gpu} <= {"tensorflow-cpu"}, "run `make lock`"
    assert all(re.match(r"nvidia-|tensorflow|intel|namex", name) for name, _ in gpu - usual), gpu - usual


@pytest.mark.parametrize("lock", ["requirements-gpu.lock", "notebooks/aws/skypilot.lock"])
def test_what_a_lock_holds_is_pinned_with_hashes_and_names_no_index(lock):
    text = (ROOT / lock).read_text()
    entries = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    assert len(entries) > 50 and "://" not in text
    assert all(re.match(r"[\w.-]+==[\w.!+]+( ;.*?)?( --hash=sha256:[0-9a-f]{64})+$", entry) for entry in entries)
