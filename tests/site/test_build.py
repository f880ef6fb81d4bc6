"""The app's folder: what is built, from which files, and what happens if one is missing. No browser is needed."""

import json
import re
import runpy
import subprocess
import sys

import pytest
from browsing import SITE, cannot

from colorlab.base.paths import DATA, ROOT
from colorlab.networks.pretrained import DEFAULT, NETWORKS

OWN = sorted(file for kind in ("html", "js", "css") for file in (SITE / "app").rglob(f"*.{kind}"))


def test_a_file_fits_in_one_reading():
    assert len(OWN) > 20
    assert {file.name: count for file in OWN if (count := len(file.read_text().splitlines())) > 250} == {}


def test_every_script_says_what_it_is_for():
    assert [file.name for file in OWN if file.suffix == ".js" and not file.read_text().startswith("/**")] == []


def test_the_app_names_no_other_host():
    addresses = {address for file in OWN for address in re.findall(r"(?:https?:)?//[\w.-]+\.\w+", file.read_text())}
    assert addresses == set()


def test_the_lock_names_no_registry_and_pins_all():
    lock = json.loads((SITE / "package-lock.json").read_text())["packages"]
    del lock[""]
    assert len(lock) > 2
    assert [name for name, package in lock.items() if "resolved" in package or "integrity" not in package] == []


def test_a_missing_library_is_one_sentence(tmp_path):
    program = "import runpy, sys; sys.argv = ['build.py', sys.argv[1]]; from colorlab.base import paths;"
    program += f"paths.ROOT = paths.ROOT / 'nowhere'; runpy.run_path({str(SITE / 'build.py')!r}, run_name='__main__')"
    command = [sys.executable, "-c", program, str(tmp_path / "app")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*ort\.wasm\.min\.mjs is missing: run `npm ci --prefix site` first\n", done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    if not (SITE / "node_modules").is_dir():
        cannot("the app cannot be built: npm ci --prefix site")
    folder = tmp_path_factory.mktemp("built") / "app"
    build = runpy.run_path(str(SITE / "build.py"))["build"]
    folder.mkdir()
    (folder / "old.txt").write_text("of an earlier build")
    build(folder)
    return folder


def test_settings_are_those_of_the_package(built):
    settings = json.loads((built / "settings.json").read_text())
    assert settings["look"] == DEFAULT
    looks = {look["name"]: look for look in settings["looks"]}
    assert set(looks) == {"vivid", "places"}
    for name, look in looks.items():
        assert (look["saturation"], look["trunk"]) == (NETWORKS[name].saturation, NETWORKS[name].trunk)
    assert {photograph["file"].split("/")[1] for photograph in settings["photographs"]} == {
        file.name for file in (DATA / "legacy").glob("*.jpg")
    }
    assert all((built / photograph["file"]).is_file() for photograph in settings["photographs"])


def test_the_service_worker_keeps_every_file_but_itself(built):
    files = {file.relative_to(built).as_posix() for file in built.rglob("*") if file.is_file()}
    first = (built / "service-worker.js").read_text().splitlines()[0]
    assert set(json.loads(first.removeprefix("const FILES = ").removesuffix(";"))) == files - {"service-worker.js"}
    assert "old.txt" not in files
