"""Paint the photographs of the report with recorded answers of the weights that ship.

The last bits of a network's answer depend on the machine. So its answers are on record in whole Lab units, and are
joined to the photographs here in double precision. With the locked versions, this gives the same bytes everywhere.
"""

import csv
import warnings
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from skimage.color import lab2rgb, rgb2lab

from colorlab import color
from colorlab.base import paths
from colorlab.base.rounding import rounded
from colorlab.data.packing import decode
from colorlab.data.photographs import read_photograph
from colorlab.evaluation import figures
from colorlab.evaluation.overflow import overflowed
from colorlab.reporting.records import read_arrays, record

HEIGHT = 165  # pixels at which a photograph is shown
TALL = 340  # the same, where it is printed large: about what the photographs have
GREY = np.full((1, 1, 2), 128, dtype="uint8")  # the answer a = b = 0
COLD = (1, -35)  # a and b: about the median in two of the write-up's pictures (11_mystery/published.json)
COLD_ONES = ("astronaut", "china", "coffee", "grace_hopper", "honey_bee", "cincinnati_bridge")


def gallery(results: Path) -> Figure:
    """Show photographs grey, coloured and true, from the largest gain over grey to the largest loss."""
    return figures.strips(_compared(results, HEIGHT), pixels=HEIGHT, sort=False)


def gallery_gains(results: Path) -> Figure:
    """Show the half of the gallery that gains most, large enough to be printed: a strip is as wide as a page."""
    return _printed(results, slice(None, 6))


def gallery_losses(results: Path) -> Figure:
    """Show the other half of the gallery, as `gallery_gains` does."""
    return _printed(results, slice(6, None))


def _printed(results, which):
    strips = _compared(results, TALL)
    return figures.strips(dict(list(strips.items())[which]), columns=1, pixels=TALL, sort=False)


def _compared(results, height):
    """Title -> a photograph grey, coloured and true, from the largest gain over grey to the largest loss."""
    record = _record(results)
    errors = {name: (each["grey"], each["coloured"]) for name, each in record["gallery"].items()}
    order = sorted(errors, key=lambda name: errors[name][1] - errors[name][0])
    strips = {}
    for name in order:
        true = _shown(paths.DATA / "gallery" / f"{name}.jpg", height)
        grey, colored = errors[name]
        title = f"{name.replace('_', ' ')}: CIEDE2000 {rounded(grey, 1)} grey, {rounded(colored, 1)} coloured"
        strips[title] = [_painted(true, GREY), _painted(true, record["answers"][f"gallery/{name}"]), true]
    return strips


def legacy(results: Path) -> Figure:
    """Show photographs that were taken in black and white, as they are and coloured."""
    return _legacy(results, HEIGHT)


def legacy_large(results: Path) -> Figure:
    """Show the same photographs as `legacy`, large enough to be printed."""
    return _legacy(results, TALL)


def _legacy(results, height):
    record, strips = _record(results), {}
    with (paths.DATA / "legacy" / "CREDITS.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            grey = _shown(paths.DATA / "legacy" / row["file"], height)
            answer = record["answers"][f"legacy/{Path(row['file']).stem}"]
            strips[row["title"]] = [grey, _painted(grey, answer)]
    return figures.strips(strips, pixels=height)


def mystery(results: Path) -> Figure:
    """Show photographs in one cold colour, clipped to what a screen can show and overflowed, between grey and true."""
    rows = {"grey": [], "one cold colour,\nclipped": [], "the same colour,\nnot clipped": [], "true": []}
    for name in COLD_ONES:
        true = decode((paths.DATA / "gallery" / f"{name}.jpg").read_bytes(), color.IMAGE_SIZE)
        lab = color.rgb_to_lab(true / 255)
        lab[..., 1:] = COLD
        rgb = color.unclipped_rgb(lab)
        for row, image in zip(rows, (_painted(true, GREY), color.to_uint8(rgb), overflowed(rgb), true), strict=True):
            rows[row].append(image)
    return figures.photographs(rows)


PHOTOGRAPHS = {one.__name__: one for one in (gallery, legacy, mystery)}
PRINTED = {one.__name__: one for one in (gallery_gains, gallery_losses, legacy_large)}
LARGE = {"gallery_gains": 170, "gallery_losses": 170, "legacy_large": 228}  # dots an inch of their drawing


def _record(results):
    """Read the record that report/pictures.py writes: its metrics, with the answers under "answers"."""
    folder = results / "pictures"
    return record(folder / "metrics.json") | {"answers": read_arrays(folder / "answers.npz")}


def _shown(path, height):
    """Read a photograph at the height at which it is shown: (height, W, 3) uint8."""
    photograph = read_photograph(path).convert("RGB")
    width = round(photograph.width * height / photograph.height)
    return np.asarray(photograph.resize((width, height), Image.Resampling.LANCZOS))


def _painted(photograph, answer):
    """Join a photograph's lightness with the colours of an answer: (H, W, 3) uint8.

    answer : (h, w, 2) uint8, a and b + 128, enlarged bilinearly.
    """
    lab = rgb2lab(photograph)
    for channel in range(2):
        ab = Image.fromarray(answer[..., channel].astype("float32") - 128)
        lab[..., 1 + channel] = np.asarray(ab.resize(photograph.shape[1::-1], Image.Resampling.BILINEAR))
    with warnings.catch_warnings(action="ignore"):  # skimage warns of colours outside the sRGB gamut
        return color.to_uint8(lab2rgb(lab))
