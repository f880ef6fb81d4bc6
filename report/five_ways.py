"""Keep notebook 13's table: five ways to colour the same photographs, on MiniPlaces and on those of data/gallery.

    python report/five_ways.py

writes report/results/13_five_ways/. Needs MiniPlaces, packed as "miniplaces".
"""

import csv
import json
import time

import numpy as np
from skimage.color import deltaE_ciede2000

from colorlab import color
from colorlab.base import paths
from colorlab.base.files import replacing
from colorlab.base.paths import ROOT
from colorlab.base.provenance import described, of_record
from colorlab.data import datasets
from colorlab.data.photographs import on_white, read_photograph
from colorlab.evaluation import comparison
from colorlab.networks import pretrained
from colorlab.painting.network import load

RESULTS = ROOT / "report" / "results" / "13_five_ways"
COMPARED = 200  # two a scene, of the half of the validation photographs that chose nothing
TOLD = (1, 2, 4, 8, 16, 32)


def main():
    validation = datasets.load("miniplaces").split("val").half("report")
    result = {"provenance": of_record(described(validation)) | {"network": {"name": "those that ship"}}}
    ways = comparison.ways(TOLD)
    result["miniplaces"] = comparison.compare(comparison.few(validation, COMPARED), ways)
    result["gallery"] = comparison.compare(gallery(), ways)
    result["gallery in full size"] = {
        f"{look}{', native' if native else ''}": in_full_size(look, native)
        for look in pretrained.NETWORKS
        for native in (False, True)
    }
    RESULTS.mkdir(exist_ok=True)
    with replacing(RESULTS / "metrics.json") as temporary:
        temporary.write_text(json.dumps(result) + "\n")
    for name, metrics in result["miniplaces"]["methods"].items():
        print(f"{name:24} {metrics['ciede2000']:6.2f} {metrics['psnr']:6.2f} {metrics['colourfulness']:5.1f}")


def gallery() -> np.ndarray:
    """The photographs of data/gallery as squares: (12, 128, 128, 3) uint8."""
    return np.stack([np.asarray(one.resize((128, 128), reducing_gap=3.0)) for one in originals()])


def originals():
    folder = paths.DATA / "gallery"
    with (folder / "CREDITS.csv").open(newline="") as file:
        return [on_white(read_photograph(folder / row["file"])) for row in csv.DictReader(file)]


def in_full_size(look, native) -> dict:
    """What `colorlab colorize` makes of the gallery, whose longer sides are of up to 512 pixels: CIEDE2000, seconds."""
    network = load(look)
    errors, seconds = [], []
    for true in originals():
        started = time.perf_counter()
        colored = network.colorize(true, native=native)
        seconds.append(time.perf_counter() - started)
        errors.append(
            np.mean(deltaE_ciede2000(color.rgb_to_lab(np.asarray(true)), color.rgb_to_lab(np.asarray(colored))))
        )
    factor = pretrained.NETWORKS[look].saturation
    return {"ciede2000": float(np.mean(errors)), "seconds": float(np.median(seconds)), "saturation": factor}


if __name__ == "__main__":
    main()
