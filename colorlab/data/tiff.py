"""Find the photograph in a TIFF, which may hold smaller copies and masks beside it, and decode it.

Pillow decodes what has 8 bits a channel. samples.py reads all others, and what Pillow does not know.
"""

import io
import struct
from contextlib import nullcontext
from typing import BinaryIO

from PIL import Image, TiffImagePlugin

from colorlab.data import samples
from colorlab.data.complaints import caught
from colorlab.data.damaged import INVISIBLE
from colorlab.data.pages import pages

STARTS = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"MM*\0",
    b"II\0*",
)  # the last two are wrong, and there are such files
YCBCR = 6  # a kind of colours


class _ByLibtiff(TiffImagePlugin.TiffImageFile):
    """A TIFF that libtiff decodes, even if it is not compressed.

    Pillow's own decoder takes it that there is a blue and a red for each pixel. libtiff knows better. Pillow's switch
    READ_LIBTIFF would turn it on for all threads at once.
    """

    use_load_libtiff = property(lambda _: True, lambda _, value: None)


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
    end, places = file.seek(0, io.SEEK_END), page.values(324 if 322 in page.tags else 273, 0)
    if page.number(259, 1) == 1 and max(places) > end:  # Pillow takes memory for all bytes up to the next place
        raise OSError("image file is truncated")
    file.seek(0)
    if not is_first:
        data = bytearray(file.read())
        struct.pack_into(f"{page.order}{'Q' if page.big else 'I'}", data, 8 if page.big else 4, page.place)
        file = io.BytesIO(data)
    try:
        image = Image.open(file, formats=["TIFF"])
    except Image.UnidentifiedImageError:
        return samples.read(file, page)
    if page.number(262, 1) == YCBCR:
        file.seek(0)
        image = _ByLibtiff(file)
    image.load()
    return image


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
    gap = max((end for end, size in zip(ends, sizes, strict=False) if size), default=0) - len(data)
    if not 0 < missing <= INVISIBLE or gap > len(data):  # a place so far away is a damaged number
        return None, missing
    try:
        return read(io.BytesIO(data + bytes(gap))), missing
    except (OSError, SyntaxError, ValueError):
        return None, missing


def _photograph(found):
    photographs = [page for page in found if page.is_photograph()] or found
    if not photographs or not photographs[0].tags:
        raise samples.Unreadable("a TIFF whose description is missing or damaged: get a whole copy of it")
    return photographs[0]
