"""Read the tables in which a TIFF describes its pages, and write another TIFF with such a table.

The structure is that of TIFF 6.0 (Adobe, 1992), with the larger numbers of BigTIFF. The numbers of the tags are in
PIL.TiffTags.
"""

import io
import math
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MOST = 10_000  # pages
LONGEST = 2**26  # bytes of the values of a tag
LEAST = 2**24  # bytes that the tables of any file may have. Those of a large one may have twice as many as the file
REDUCED, MASK = 1, 4  # bits of the tag that says what a page is
PAGES_WITHIN, PARTS = 330, (34665, 34853)  # tags that lead to other tables: of pages, of the exposure and of the place
FORMATS = {1: "B", 2: "c", 3: "H", 4: "I", 5: "II", 6: "b", 7: "c", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
FORMATS |= {13: "I", 16: "Q", 17: "q", 18: "Q"}  # of the values of a type
OF_BIGTIFF = 16, 17, 18  # types that a plain TIFF has not
LONG = 4


class Page(NamedTuple):
    """A page: its place in the file, its byte order as `struct` writes it, and {tag: (type, bytes of its values)}.

    parts : {tag of PARTS: the tags of that table}.
    """

    place: int
    order: str
    big: bool
    tags: dict
    parts: dict

    def values(self, tag: int, *otherwise) -> tuple | bytes:
        """The numbers of a tag, or the bytes of a text. otherwise : if the page has no such tag."""
        kind, data = self.tags.get(tag, (None, b""))
        if kind not in FORMATS or not data:
            return otherwise
        if FORMATS[kind] == "c":
            return data
        count = len(data) // struct.calcsize(self.order + FORMATS[kind])
        form = self.order + count * FORMATS[kind]
        return struct.unpack(form, data[: struct.calcsize(form)])

    def number(self, tag: int, otherwise: int) -> int:
        """The first number of a tag. otherwise : if the page has no such tag, or if its number is not finite."""
        number = (self.values(tag, otherwise) or (otherwise,))[0]
        return int(number) if math.isfinite(number) else otherwise

    def is_photograph(self) -> bool:
        """Whether the page is no smaller copy of another, and no mask."""
        return not self.number(254, 0) & (REDUCED | MASK) and self.number(255, 1) != 2


class _Bounded:
    """A file that is not read for ever: damaged tables may name the same bytes again and again."""

    def __init__(self, file):
        self.file, self.end = file, file.seek(0, io.SEEK_END)
        self.left = max(LEAST, 2 * self.end)

    def read(self, place, amount):
        """Up to so many bytes from a place on: fewer at the end of the file, or when enough has been read."""
        self.file.seek(min(place, self.end))
        data = self.file.read(min(amount, self.left))
        self.left -= len(data)
        return data


def pages(file: BinaryIO) -> Iterator[Page]:
    """Yield the pages of a TIFF in order, and those that lie within a page right after it."""
    file = _Bounded(file)
    start = file.read(0, 16).ljust(16, b"\0")
    order, big = "<" if start.startswith(b"II") else ">", 43 in start[2:4]
    places, seen = [struct.unpack(f"{order}8xQ" if big else f"{order}4xI8x", start)[0]], set()
    while places and len(seen) < MOST:
        place = places.pop(0)
        if place and place not in seen:
            seen.add(place)
            tags, following = _table(file, place, order, big)
            page = Page(place, order, big, tags, {})
            for part in PARTS:
                if part in tags:
                    page.parts[part], _ = _table(file, page.number(part, 0), order, big)
            yield page
            places[:0] = [one for one in (*page.values(PAGES_WITHIN), following) if isinstance(one, int) and one > 0]


def _table(file, place, order, big):
    """({tag: (type, bytes)}, the place of the next table). What is missing is left out."""
    number, entry, offset = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    number, entry, offset = order + number, order + entry, order + offset
    start = file.read(place, struct.calcsize(number)) if place > 0 else b""
    if len(start) < struct.calcsize(number):
        return {}, 0
    (count,), size = struct.unpack(number, start), struct.calcsize(entry)
    table = file.read(place + len(start), min(count, 65535) * size)
    after = file.read(place + len(start) + len(table), struct.calcsize(offset))
    following = int.from_bytes(after, "little" if order == "<" else "big")
    tags = {}
    for tag, kind, amount, value in struct.iter_unpack(entry, table[: len(table) // size * size]):
        length = amount * struct.calcsize(order + FORMATS.get(kind, "B"))
        if length > len(value):
            value = file.read(struct.unpack(offset, value)[0], min(length, LONGEST))
        tags.setdefault(tag, (kind, value[:length]))
    return tags, following


def written(page: Page, numbers: dict, without: set, pixels: bytes) -> bytes:
    """Write a TIFF of one page.

    page : its byte order, tags and parts are taken over, but for the tags in `without`.
    numbers : {tag: tuple of whole numbers}, further tags. pixels : they begin at byte 8.
    """
    order, at = page.order, 8 + len(pixels) + len(pixels) % 2
    entries = {tag: entry for tag, entry in page.tags.items() if tag not in without and entry[0] not in OF_BIGTIFF}
    entries |= {tag: (LONG, struct.pack(f"{order}{len(value)}I", *value)) for tag, value in numbers.items()}
    tables = []
    for part, tags in page.parts.items():
        entries[part] = LONG, struct.pack(f"{order}I", at)
        tables.append(_packed(order, at, tags))
        at += len(tables[-1])
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", at)
    return b"".join([head, pixels, bytes(len(pixels) % 2), *tables, _packed(order, at, entries)])


def _packed(order, start, entries):
    """A table that lies at byte `start`, with its values behind it."""
    entries = sorted(
        (tag, entry) for tag, entry in entries.items() if entry[0] in FORMATS and entry[0] not in OF_BIGTIFF
    )
    table, body, behind = struct.pack(f"{order}H", len(entries)), b"", start + 6 + 12 * len(entries)
    for tag, (kind, value) in entries:
        count = len(value) // struct.calcsize(order + FORMATS[kind])
        table += struct.pack(f"{order}HHI", tag, kind, count)
        table += value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(f"{order}I", behind + len(body))
        body += value + bytes(len(value) % 2) if len(value) > 4 else b""
    return table + bytes(4) + body
