"""Keep what the weights that ship answer for the photographs that README and report show, and draw those pictures.

    python report/pictures.py

writes report/results/pictures/: `answers.npz` has a and b as colorize paints them, (64, 64, 2) in Lab units + 128;
`metrics.json` how far from the truth they are. From these `colorlab report --figure gallery` draws the same bytes on
any machine with the versions of the lock, which the network itself would not. Then it draws report/figures/gallery.jpg,
legacy.jpg and mystery.jpg, which needs no network.
"""

import csv
import json
from hashlib import sha256
from pathlib import Path

import numpy as np
from skimage.color import deltaE_ciede2000

from colorlab import color
from colorlab.base import paths
from colorlab.base.paths import ROOT
from colorlab.base.provenance import of_record
from colorlab.data.photographs import read_photograph
from colorlab.networks import pretrained
from colorlab.painting.network import load
from colorlab.painting.paint import with_chroma
from colorlab.reporting import report
from colorlab.reporting.gallery import PHOTOGRAPHS

RESULTS = paths.RESULTS / "pictures"
MEASURED = 480  # pixels of the longer side at which errors are measured


def main():
    start = of_record({"name": "gallery and legacy"})
    network = load()
    answers, errors = {}, {}  # a byte of chroma, (ab + 128) / 255, is a whole Lab unit
    for folder in ("gallery", "legacy"):
        with (paths.DATA / folder / "CREDITS.csv").open(newline="") as file:
            names = [row["file"] for row in csv.DictReader(file)]
        for name in names:
            photograph = read_photograph(paths.DATA / folder / name).convert("RGB")
            chroma = network.chroma([photograph])[0]
            answers[f"{folder}/{Path(name).stem}"] = color.to_uint8(chroma)
            if folder == "gallery":
                errors[Path(name).stem] = error_of(photograph, chroma)
    RESULTS.mkdir(exist_ok=True)
    np.savez_compressed(RESULTS / "answers.npz", **answers)
    record = {
        "weights": network.weights.name,
        "sha256": sha256(network.weights.read_bytes()).hexdigest(),
        "saturation": pretrained.saturation_of(network.model.name),
        "commit": start["commit"],
        "hardware": start["hardware"],
        "gallery": errors,
    }
    (RESULTS / "metrics.json").write_text(json.dumps(record, indent=2) + "\n")
    for name in PHOTOGRAPHS:
        report.draw(name, ROOT / "report" / "figures" / f"{name}.jpg")


def error_of(photograph, chroma) -> dict:
    """Mean CIEDE2000 (Sharma et al. 2005) of the photograph, made smaller in place, in grey and as coloured."""
    photograph.thumbnail((MEASURED, MEASURED), reducing_gap=3.0)
    true = color.rgb_to_lab(np.asarray(photograph))
    grey = true * np.float32([1, 0, 0])
    colored = color.rgb_to_lab(np.asarray(with_chroma(photograph.copy(), chroma)))
    return {name: float(deltaE_ciede2000(true, lab).mean()) for name, lab in (("grey", grey), ("coloured", colored))}


if __name__ == "__main__":
    main()
