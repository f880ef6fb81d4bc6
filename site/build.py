"""Build the browser app into runs/site/app: a folder of files that any static host can serve.

The app's own files are copied as they are. Beside them go the networks and the legacy photographs that ship, ONNX
Runtime Web from node_modules (`npm ci` in site/), and settings.json: what the app must know of the package.
"""

import csv
import hashlib
import json
import shutil
import sys
from pathlib import Path

import onnx

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA, ROOT, RUNS
from colorlab.data.photographs import read_photograph
from colorlab.networks.pretrained import DEFAULT, NETWORKS
from colorlab.painting import paint, scribbles
from colorlab.painting.network import load

SITE = ROOT / "site"
RUNTIME = SITE / "node_modules" / "onnxruntime-web" / "dist"
RUNTIME_FILES = "ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"
LOOKS = {"vivid": "Vivid", "places": "Usual"}  # networks that the app offers -> what it calls them
LEGACY = DATA / "legacy"
SAMPLE = LEGACY / "dust_bowl_home_1940.jpg"  # on the first screen, as it is and coloured


def build(target: Path) -> None:
    """Build the app into the folder `target`, which is replaced as a whole. Raises BadInput if a part is missing."""
    if missing := [name for name in RUNTIME_FILES if not (RUNTIME / name).is_file()]:
        raise BadInput(f"{RUNTIME / missing[0]} is missing: run `npm ci --prefix site` first")
    beside = target.with_name(target.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(SITE / "app", beside)
    _copy([RUNTIME / name for name in RUNTIME_FILES], beside / "vendor")
    _networks(beside / "networks")
    _copy(sorted(LEGACY.glob("*.jpg")), beside / "photographs")
    _sample(beside / "sample")
    settings = _settings() | {"files": _files(beside)}
    (beside / "settings.json").write_text(json.dumps(settings, indent=1))
    worker = beside / "service-worker.js"
    code = worker.read_text()
    worker.unlink()  # it keeps all files but itself
    worker.write_text(f"const FILES = {json.dumps(_files(beside))};\n{code}")
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)


def _networks(folder):
    """Write the networks that ship. Inputs lose their defaults, or ONNX Runtime Web would refuse other values."""
    folder.mkdir()
    for name in LOOKS:
        network = onnx.load(NETWORKS[name].onnx)
        inputs = {one.name for one in network.graph.input}
        required = [constant for constant in network.graph.initializer if constant.name not in inputs]
        del network.graph.initializer[:]
        network.graph.initializer.extend(required)
        onnx.save(network, folder / NETWORKS[name].onnx.name)


def _sample(folder):
    folder.mkdir()
    shutil.copyfile(SAMPLE, folder / "before.jpg")
    load().colorize(read_photograph(SAMPLE)).save(folder / "after.jpg", quality=85)


def _settings():
    with (LEGACY / "CREDITS.csv").open(newline="") as credits:
        photographs = [{"file": f"photographs/{row['file']}", "title": row["title"]} for row in csv.DictReader(credits)]
    return {
        "looks": [_look(NETWORKS[name], title) for name, title in LOOKS.items()],
        "look": DEFAULT,
        "scenes": load().scenes,
        "strokes": {name.lower(): getattr(scribbles, name) for name in ("VARIANCE", "NOISE", "FAINTEST", "TRUST")}
        | {"pixels": paint.PIXELS},
        "photographs": photographs,
    }


def _look(network, title):
    return {
        "name": network.name,
        "title": title,
        "saturation": network.saturation,
        "file": f"networks/{network.onnx.name}",
        "trunk": network.trunk,
    }


def _copy(files, folder):
    folder.mkdir()
    for file in files:
        shutil.copyfile(file, folder / file.name)


def _files(folder):
    """Each file of the app: its size and the start of its SHA-256, by which a browser knows a new version."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {
        file.relative_to(folder).as_posix(): {
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest()[:16],
        }
        for file in files
    }


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else RUNS / "site" / "app"
    where.parent.mkdir(parents=True, exist_ok=True)
    try:
        build(where)
    except BadInput as error:
        sys.exit(f"Error: {error}")
    print(f"The app is in {where}: serve that folder, for example with `python3 -m http.server --directory {where}`.")
