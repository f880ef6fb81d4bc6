"""Measure the pictures that the write-up published, and keep the numbers.

    colorlab data fetch write-up
    python report/published.py [FOLDER]

reads the four pictures (data/packed/write-up, or PNG files in FOLDER) and the photographs of data/gallery as controls,
and writes report/results/11_mystery/published.json. It holds numbers, and no picture can be made of them.
"""

import io
import json
import sys
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from colorlab import color
from colorlab.base.paths import DATA, PACKED, RESULTS
from colorlab.base.provenance import commit, refuse_changed
from colorlab.data.packing import decode
from colorlab.evaluation import overflow
from colorlab.evaluation.overflow import recover

GRID = 8  # squares a side of the coarse field
TURN = range(250, 263)  # what a turn might be
BIN = 4  # Lab units a side of the bins of a and b
JPEG = [(quality, subsampling) for quality in (75, 90) for subsampling in (0, 2)]  # 2 halves the colours


def main(folder):
    refuse_changed([commit()])
    published = {file.stem: np.asarray(Image.open(file).convert("RGB")) for file in sorted(folder.glob("*.png"))}
    recovered = {name: recover(picture) for name, picture in published.items()}
    ordinary = {file.stem: decode(file.read_bytes(), 128) for file in sorted((DATA / "gallery").glob("*.jpg"))}
    record = {
        "commit": commit(),
        "pictures": {name: described(picture, recovered[name]) for name, picture in published.items()},
        "response to the lightness of": {
            one: {other: response(recovered[one], recovered[other]) for other in recovered} for one in recovered
        },
        "ordinary photographs": {
            name: {"turns": share(recover(picture)), "no turns": share(recover(picture, overflow.NO_TURNS))}
            for name, picture in ordinary.items()
        },
        "made the same way": {name: made(picture) for name, picture in ordinary.items()},
    }
    path = RESULTS / "11_mystery" / "published.json"
    path.write_text(json.dumps(record, indent=1) + "\n")


def share(found):
    return round(float(found.explained.mean()), 4)


def response(one, other) -> dict:
    """How one picture's field follows the lightness of another, or of itself."""
    found = overflow.response_to_lightness(one.answer, other.lab[..., 0])
    return {name: round(value, 4) for name, value in asdict(found).items()}


def described(picture, found) -> dict:
    known = found.explained
    lightness = found.lab[..., 0]
    unknown = np.where(known[..., None], found.lab, np.nan)
    return {
        "sha256": sha256(picture.tobytes()).hexdigest(),  # of its pixels
        "explained": share(found),
        "explained by distance from the border": inside(known),
        "median distance": round(float(np.median(found.distance)), 3),
        "any turns": share(recover(picture, overflow.ALL_TURNS)),
        "controls": controls(picture),
        "lightness": np.percentile(lightness[known], (1, 50, 99)).round(1).tolist(),
        "a": np.percentile(found.answer[..., 0][~np.isnan(found.answer[..., 0])], (1, 50, 99)).round(1).tolist(),
        "b": np.percentile(found.answer[..., 1][~np.isnan(found.answer[..., 1])], (1, 50, 99)).round(1).tolist(),
        "field": coarse(found),
        "columns": [round(step, 3) for step in overflow.steps_between_columns(unknown[..., 1:])],
        "rows": [round(step, 3) for step in overflow.steps_between_columns(unknown[..., 1:].swapaxes(0, 1))],
        "across turns": {turn: round(overflow.steps_across_turns(picture, found, turn), 3) for turn in TURN},
        "lightness, columns": [round(step, 3) for step in overflow.steps_between_columns(unknown[..., :1])],
        "b by distance from the border": from_border(found.answer[..., 1]),
        "painted again": painted_again(picture, found),
        "bands": bands(picture, found),
        "colours": histogram(color.rgb_to_lab(picture)[..., 1:]),
    }


PERMUTED = {"blue and green swapped": (0, 2, 1), "red and green swapped": (1, 0, 2), "red and blue swapped": (2, 1, 0)}
PERMUTED |= {"channels rotated": (1, 2, 0), "channels rotated back": (2, 0, 1)}


def controls(picture) -> dict:
    """The share explained if no pixel has overflowed, and in pictures that nobody has made this way: name -> share.

    In these, a pixel may have any turns. "inside" is the share of pixels that are 16 or more from the border.
    """
    found = {"no turns": recover(picture, overflow.NO_TURNS)}
    found |= {name: recover(picture[..., order], overflow.ALL_TURNS) for name, order in PERMUTED.items()}
    return {name: {"all": share(one), "inside": inside(one.explained)["16 and more"]} for name, one in found.items()}


def coarse(found) -> list:
    """The a and b of a grid of GRID x GRID squares, in whole Lab units; None where nothing is explained."""
    side = found.answer.shape[0] // GRID
    squares = found.answer.reshape(GRID, side, GRID, side, 2).swapaxes(1, 2).reshape(GRID, GRID, -1, 2)
    return [
        [None if np.isnan(one).all() else np.nanmean(one, axis=0).round().astype(int).tolist() for one in line]
        for line in squares
    ]


def to_border(shape):
    """The distance of each pixel from the nearest border."""
    down, across = np.indices(shape)
    return np.minimum(np.minimum(down, across), np.minimum(down[::-1], across[:, ::-1]))


def inside(known) -> dict:
    """The share explained by pixels from the border, of 128x128."""
    distance = to_border(known.shape)
    rings = {"0 to 3": (0, 4), "4 to 7": (4, 8), "8 to 15": (8, 16), "16 and more": (16, 64)}
    return {
        name: round(float(known[(distance >= low) & (distance < high)].mean()), 4)
        for name, (low, high) in rings.items()
    }


def from_border(b) -> list:
    """The median b at 0, 2, 4, ... 16 pixels from the border, of 64x64."""
    return [round(float(np.nanmedian(b[to_border(b.shape) == distance])), 1) for distance in range(0, 17, 2)]


def painted_again(picture, found) -> float:
    """The share of pixels that L and the smooth field, cast without a clip, bring within 12 levels of the picture."""
    lab = np.concatenate([found.lab[..., :1], found.field.astype("float32")], axis=-1)
    again = overflow.overflowed(color.unclipped_rgb(lab)).astype(int)
    apart = np.abs((again - picture + 128) % 256 - 128).max(axis=-1)
    return round(float(np.mean(apart <= 12)), 4)


def bands(picture, found) -> list:
    """The turns that explain more than 1 % of the pixels: their share, lightness and mean colour as published."""
    rows = []
    for turns in np.unique(found.turns.reshape(-1, 3), axis=0):
        here = (found.turns == turns).all(axis=-1) & found.explained
        if here.mean() > 0.01:
            rows.append(
                {
                    "turns": turns.tolist(),
                    "share": round(float(here.mean()), 4),
                    "lightness": np.percentile(found.lab[..., 0][here], (5, 50, 95)).round(1).tolist(),
                    "colour": picture[here].mean(axis=0).round().astype(int).tolist(),
                }
            )
    return sorted(rows, key=lambda row: -row["share"])


def histogram(ab) -> list:
    """The bins of a and b that hold pixels: [a, b of the middle, pixels]."""
    bins, counts = np.unique(np.floor(ab.reshape(-1, 2) / BIN).astype(int), axis=0, return_counts=True)
    return [[int(a * BIN + BIN // 2), int(b * BIN + BIN // 2), int(n)] for (a, b), n in zip(bins, counts, strict=True)]


def made(picture) -> dict:
    """Make a picture of ours the same way, from a known field, and recover it; then once more through JPEG."""
    down, across = np.mgrid[0:64, 0:64] / 63
    field = np.stack([3 * np.sin(3 * across), 10 * down - 35 - 25 * np.sin(np.pi * across) * np.sin(np.pi * down)], -1)
    lab = color.rgb_to_lab(picture)
    lab[..., 1:] = field.repeat(2, axis=0).repeat(2, axis=1)
    ours = overflow.overflowed(color.unclipped_rgb(lab))
    found = recover(ours)
    error = np.linalg.norm(found.answer - field, axis=-1)
    return {
        "explained": share(found),
        "error": np.nanpercentile(error, (50, 99)).round(3).tolist(),  # Lab units: median, 99th percentile
        "response to its lightness": response(found, found)["explained"],  # this field has none
        "through JPEG": {f"quality {q}, subsampling {s}": share(recover(through_jpeg(ours, q, s))) for q, s in JPEG},
    }


def through_jpeg(picture, quality, subsampling):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PACKED / "write-up")
