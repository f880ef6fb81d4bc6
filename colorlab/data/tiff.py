"""Find the photograph in a TIFF, which may hold smaller copies and masks beside it, and decode it.

Pillow decodes what has 8 bits a channel. samples.py reads all others, and what Pillow does not know.
The structure is that of TIFF 6.0 (Adobe, 1992), with the larger numbers of BigTIFF.
"""

import io
import struct
from contextlib import nullcontext
from typing import BinaryIO, NamedTuple

from PIL import Image, TiffImagePlugin

from colorlab.data import samples
from colorlab.data.complaints import caught
from colorlab.data.damaged import INVISIBLE

STARTS = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"MM*\0",
    b"II\0*",
)  # the last two are wrong, and there are such files
MOST_PAGES = 10_000
LONGEST = 2**26  # bytes of the values of a tag that are read
YCBCR = 6  # a kind of colours
REDUCED, MASK = 1, 4  # bits of the tag that says what a page is
FORMATS = {1: "B", 2: "c", 3: "H", 4: "I", 5: "II", 6: "b", 7: "c", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
FORMATS |= {13: "I", 16: "Q", 17: "q", 18: "Q"}  # of the values of a type


class Page(NamedTuple):
    """A page: its place in the file, its byte order as `struct` writes it, and {tag: (type, bytes of its values)}."""

    place: int
    order: str
    big: bool
    tags: dict

    def values(self, tag, *otherwise):
        """The numbers of a tag, or of a text the bytes. otherwise : if the page has no such tag."""
        kind, data = self.tags.get(tag, (None, b""))
        if kind not in FORMATS or not data:
            return otherwise
        form = FORMATS[kind]
        if form == "c":
            return data
        size = struct.calcsize(f"{self.order}{form}")
        return struct.unpack(f"{self.order}{len(data) // size * form}", data[: len(data) // size * size])

    def number(self, tag, otherwise):
        return int((self.values(tag, otherwise) or (otherwise,))[0])

    def is_photograph(self):
        return not self.number(254, 0) & (REDUCED | MASK) and self.number(255, 1) != 2


def read(file: BinaryIO) -> Image.Image:
    """Decode the first page that is no smaller copy and no mask.

    Its `info` has "said", sentences to warn with; "deep", whether it has more than 8 bits; and "images", how many.
    Raises Unreadable with what it is, after "FILE is ", if it is of a kind that cannot be read; OSError if it is
    damaged; and what else Pillow raises.
    """
    found = list(pages(file))
    page = _photograph(found)
    by_libtiff = page.number(259, 1) != 1 or page.number(262, 1) == YCBCR
    complaints = []
    try:
        with caught() if by_libtiff else nullcontext([]) as complaints:
            image = _decoded(file, page, page is found[0])
    except samples.Unreadable:
        raise
    except (OSError, SyntaxError, ValueError) as error:
        if any("not configured" in one for one in complaints):
            raise samples.unreadable(page) from error
        if not complaints:
            raise
        raise OSError(complaints[0]) from error
    info = {"deep": False, "said": []} | image.info
    if complaints:
        info["said"] = [f"parts of it are damaged and may look wrong ({complaints[0]})", *info["said"]]
    image.info = info | {"images": sum(one.is_photograph() for one in found)}
    return image


def _decoded(file, page, is_first):
    if samples.are_ours(page):
        return samples.read(file, page)
    file.seek(0)
    if not is_first:
        data = bytearray(file.read())
        struct.pack_into(f"{page.order}{'Q' if page.big else 'I'}", data, 8 if page.big else 4, page.place)
        file = io.BytesIO(data)
    usual = TiffImagePlugin.READ_LIBTIFF
    try:
        # Pillow's own decoder takes it that there is a blue and a red for each pixel. libtiff knows better.
        TiffImagePlugin.READ_LIBTIFF = page.number(262, 1) == YCBCR
        image = Image.open(file, formats=["TIFF"])
        image.load()
        return image
    except Image.UnidentifiedImageError:
        return samples.read(file, page)
    finally:
        TiffImagePlugin.READ_LIBTIFF = usual


def completed(data: bytes) -> tuple[Image.Image | None, float]:
    """Read a TIFF whose end is missing: (the image, the share of its pixels that is missing).

    The image is None if the share is not small, or if what is left cannot be decoded.
    """
    page = _photograph(list(pages(io.BytesIO(data))))
    tiled = 322 in page.tags
    places, sizes = page.values(324 if tiled else 273), page.values(325 if tiled else 279)
    ends = [place + size for place, size in zip(places, sizes, strict=False)]
    lost = sum(min(size, max(0, end - len(data))) for size, end in zip(sizes, ends, strict=False))
    missing = lost / max(1, sum(sizes))
    if not 0 < missing <= INVISIBLE:
        return None, missing
    try:
        return read(io.BytesIO(data + bytes(max(ends) - len(data)))), missing
    except (OSError, SyntaxError, ValueError):
        return None, missing


def _photograph(found):
    photographs = [page for page in found if page.is_photograph()] or found
    if not photographs or not photographs[0].tags:
        raise samples.Unreadable("a TIFF whose description is missing or damaged: get a whole copy of it")
    return photographs[0]


def pages(file: BinaryIO):
    """Yield the pages of a TIFF in order, and those that lie within a page right after it."""
    file.seek(0)
    start = file.read(16).ljust(16, b"\0")
    order, big = "<" if start.startswith(b"II") else ">", 43 in start[2:4]
    places, seen = [struct.unpack(f"{order}8xQ" if big else f"{order}4xI8x", start)[0]], set()
    while places and len(seen) < MOST_PAGES:
        place = places.pop(0)
        if place and place not in seen:
            seen.add(place)
            page, following = _page(file, place, order, big)
            yield page
            places[:0] = [*page.values(330), following]


def _page(file, place, order, big):
    number, entry, offset = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    file.seek(place)
    try:
        (count,) = struct.unpack(order + number, file.read(struct.calcsize(order + number)))
    except struct.error:
        return Page(place, order, big, {}), 0
    size = struct.calcsize(order + entry)
    table = file.read(min(count, 65535) * size)
    last = file.read(struct.calcsize(order + offset))
    following = int.from_bytes(last, "little" if order == "<" else "big")
    tags = {}
    for tag, kind, amount, value in struct.iter_unpack(order + entry, table[: len(table) // size * size]):
        length = amount * struct.calcsize(order + FORMATS.get(kind, "B"))
        if length > len(value):
            file.seek(struct.unpack(order + offset, value)[0])
            value = file.read(min(length, LONGEST))
        tags.setdefault(tag, (kind, value[:length]))
    return Page(place, order, big, tags), following
