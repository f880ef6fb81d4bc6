"""How a file is damaged in the tests: cut, flipped bits, and parts of JSON and CSV that are away or something else."""

import csv
import io
import json
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

OTHERS = (None, True, -1, 0, 10**30, 0.5, float("nan"), "", "x", [], {}, [[]], [None], {"x": 1})


class Damage(NamedTuple):
    how: str
    places: tuple
    other: object = None

    def of(self, whole: bytes) -> bytes:
        return {"cut": _cut, "flip": _flipped, "json": _json, "csv": _csv}[self.how](self, whole)


def _cut(damage, whole):
    return whole[: damage.places[0] % max(len(whole), 1)]


def _flipped(damage, whole):
    content = bytearray(whole)
    for place in damage.places:
        content[(place >> 3) % len(content)] ^= 1 << (place & 7)
    return bytes(content)


def _json(damage, whole):
    """Take one part of a JSON file away, or put another in its place."""
    value = json.loads(whole)
    parts = list(_parts(value))
    holder, key = parts[damage.places[0] % len(parts)]
    if damage.other == "away":
        del holder[key]
    else:
        holder[key] = damage.other
    return json.dumps(value).encode()


def _parts(value):
    if isinstance(value, list | dict):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _parts(value[key])


def _csv(damage, whole):
    """Take a column of a CSV file away, or change a cell."""
    rows = list(csv.reader(io.StringIO(whole.decode())))
    line, column = damage.places[0] % len(rows), damage.places[-1] % len(rows[0])
    if damage.other == "away":
        rows = [[cell for n, cell in enumerate(row) if n != column] for row in rows]
    else:
        rows[line][column] = str(damage.other)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def damages(name: str):
    place = st.integers(0, 2**24)
    bits = st.lists(place, min_size=1, max_size=6).map(tuple)
    kinds = [st.builds(Damage, st.just("cut"), st.tuples(place)), st.builds(Damage, st.just("flip"), bits)]
    structured = {".json": "json", ".ipynb": "json", ".csv": "csv"}.get(Path(name).suffix)
    if structured:
        other = st.sampled_from(["away", *OTHERS])
        kinds += 2 * [st.builds(Damage, st.just(structured), st.tuples(place, place), other)]
    return st.one_of(kinds)
