"""Read TIFFs whose samples Pillow does not know: of 12, 16, 32 or 64 bits, with a sign, floats, and in all orders.

libtiff unpacks their bytes, as if they were an image of bytes. What the bytes mean is decided here.
"""

import io
from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from colorlab import color
from colorlab.data.metadata import described
from colorlab.data.pages import Page, written
from colorlab.data.tones import levels, tones

UNPACKED = {1, 5, 8, 32773, 32946, 34925, 50000}  # compressions that know nothing of samples
COMPRESSIONS = {2: "CCITT", 3: "CCITT", 4: "CCITT", 6: "JPEG", 7: "JPEG", 34712: "JPEG 2000", 34887: "LERC"}
COMPRESSIONS |= {33003: "JPEG 2000", 33005: "JPEG 2000", 22610: "JPEG XR", 34934: "JPEG XR", 50001: "WebP"}
COMPRESSIONS |= {34676: "LogLuv", 34677: "LogLuv", 50002: "JPEG XL", 52546: "JPEG XL"}
WHITE_IS_ZERO, GREY, RGB, PALETTE, CMYK, LAB, ICC_LAB = 0, 1, 2, 3, 5, 8, 9
CHANNELS = {WHITE_IS_ZERO: 1, GREY: 1, RGB: 3, PALETTE: 1, CMYK: 4, LAB: 3, ICC_LAB: 3}
KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}  # of numbers
SIZES = {"u": (8, 12, 16, 32, 64), "i": (8, 16, 32, 64), "f": (16, 32, 64)}
PREMULTIPLIED, TRANSPARENT = 1, 2  # kinds of extra samples
NO_DATA = 42113  # GDAL's tag: the value of pixels that have none
PROFILE = 34675  # the tag of a colour profile
# Tags of how the pixels are stored. The rest goes over to the image of bytes.
STRUCTURE = {254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 280, 281, 284, 317, 320, 322, 323, 324}
STRUCTURE |= {325, 330, 338, 339, 340, 341, 347, 512, 513, 514, 529, 530, 531, 532}
PACKED = 5000  # a byte of a file unpacks to fewer than so many


class Unreadable(Image.UnidentifiedImageError):
    """An image of a kind that cannot be read. Its message goes after "FILE is "."""


def are_ours(page: Page) -> bool:
    """Whether a page is one that Pillow misreads or does not know at all."""
    if page.number(259, 1) not in UNPACKED:
        return False
    signed = 2 in page.values(339, 1)
    unknown_to_pillow = page.big and page.order == ">"
    return max(page.values(258, 1), default=1) > 8 or signed or unknown_to_pillow or NO_DATA in page.tags


def unreadable(page: Page) -> Unreadable:
    """Say why a page cannot be read."""
    compression, colors = page.number(259, 1), page.number(262, 1)
    bits, kinds = page.values(258, 1), set(page.values(339, 1))
    if compression not in UNPACKED:
        what = f"that is compressed with {COMPRESSIONS.get(compression, f'method {compression}')}"
    elif colors not in CHANNELS:
        what = f"whose colours are of the kind {colors}"
    elif len(set(bits)) != 1:
        what = f"with channels of {', '.join(map(str, bits[:9]))} bits"
    else:
        what = f"with {'complex numbers' if kinds & {5, 6} else f'numbers of {bits[0]} bits'}"
    return Unreadable(f"a TIFF {what}, which cannot be read here: save it as an uncompressed TIFF or as PNG")


def read(file: BinaryIO, page: Page) -> Image.Image:
    """Decode a page into an image of mode L, F (a grey in [0, 1], if it has a profile), LA, RGB, RGBA, CMYK or LAB.

    Raises Unreadable, OSError if it is damaged, and DecompressionBombError if it is too large.
    """
    kind, bits = KINDS.get(page.number(339, 1)), page.number(258, 1)
    known = page.number(259, 1) in UNPACKED and page.number(262, 1) in CHANNELS
    if not known or bits not in SIZES.get(kind, ()) or len(set(page.values(258, 1)) | {bits}) > 1:
        raise unreadable(page)
    width, height, count = page.number(256, 0), page.number(257, 0), page.number(277, 1)
    if width * height > 2 * Image.MAX_IMAGE_PIXELS:
        raise Image.DecompressionBombError
    size = file.seek(0, io.SEEK_END)
    if not 0 < width * height * count * bits / 8 < PACKED * size or count < CHANNELS[page.number(262, 1)]:
        raise OSError("its size is wrong")
    if page.number(284, 1) == 2 and count > 1:
        planes = [_plane(file, page, number, 1) for number in range(min(count, 5))]
        values = np.concatenate(planes, axis=-1)
    else:
        values = _plane(file, page, 0, count)
    image = _meant(values, page)
    about = TiffImagePlugin.TiffImageFile(io.BytesIO(_bytes(page, 1, 1, {273: (8,)}, b"")))
    image.info |= {key: value for key, value in about.info.items() if key in ("dpi", "icc_profile")}
    exif = described(about)
    if (orientation := page.number(274, 1)) != 1:
        exif[274] = orientation
    image.info |= {"deep": bits > 8} | ({"exif": exif.tobytes()} if exif else {})
    return image


def _plane(file, page, number, channels):
    """The samples (H, W, channels) of a page, or of its plane with this number."""
    bits, width, height = page.number(258, 1), page.number(256, 0), page.number(257, 0)
    tiled = 322 in page.tags
    wide, high = (page.number(322, 0), page.number(323, 0)) if tiled else (width, page.number(278, height))
    if wide <= 0 or high <= 0:
        raise OSError("its size is wrong")
    across, down = -(-width // wide), -(-height // high)
    row = -(-wide * channels * bits // 8)  # bytes
    places, sizes = (page.values(tag) for tag in ((324, 325) if tiled else (273, 279)))
    mine = slice(number * across * down, (number + 1) * across * down)
    if mine.stop > len(places):
        raise OSError("parts of it are missing")
    high = high if tiled else min(high, height)
    full = [row * (high if tiled else min(high, height - top)) for top in range(0, down * high, high)]
    full = [size for size in full for _ in range(across)]  # bytes of each strip or tile
    plain = page.number(259, 1) == 1
    pixels = _read(file, places[mine], full if plain else sizes[mine], across * row * down * high)
    total = down * high if tiled else height
    if plain and page.number(266, 1) == 1:
        rows = np.asarray(memoryview(b"".join(pixels))).reshape(-1, row)
        rows = rows.reshape(down, across, high, row).swapaxes(1, 2) if tiled else rows
    else:
        starts = (8 + np.cumsum([0, *map(len, pixels)])).tolist()
        tags = {322: (row,), 323: (high,), 324: starts[:-1]} if tiled else {273: starts[:-1], 278: (high,)}
        tags[325 if tiled else 279] = [len(one) for one in pixels]
        image = TiffImagePlugin.TiffImageFile(io.BytesIO(_bytes(page, across * row, total, tags, b"".join(pixels))))
        image.load()
        rows = np.asarray(image)
    values = _numbers(rows.reshape(total, across, row), page, wide, channels)
    return values.reshape(total, across * wide, channels)[:height, :width]


def _read(file, places, sizes, decoded):
    """The bytes of each strip or tile. Sizes are the file's word, and no memory is taken before they are checked.

    decoded : bytes of all of them together, decompressed.
    """
    end = file.seek(0, io.SEEK_END)
    if decoded >= PACKED * end or sum(sizes) > max(end, 2 * decoded):
        raise OSError("its size is wrong")
    if len(places) != len(sizes) or any(
        not 0 <= place <= place + size <= end for place, size in zip(places, sizes, strict=True)
    ):
        raise OSError("image file is truncated")
    parts = []
    for place, size in zip(places, sizes, strict=True):
        file.seek(int(place))
        parts.append(file.read(int(size)))
    return parts


def _bytes(page, width, height, tags, pixels):
    """A TIFF of bytes, with what a page says of the photograph. tags : where its pixels lie."""
    tags = tags | {256: (width,), 257: (height,), 258: (8,), 259: (page.number(259, 1),), 262: (GREY,), 277: (1,)}
    return written(page, tags | {266: (page.number(266, 1),)}, STRUCTURE, pixels)


def _numbers(rows, page, wide, channels):
    """Bytes (rows, tiles, bytes) -> samples (rows, tiles, wide, channels), with what the predictor did undone."""
    bits, kind, predictor = page.number(258, 1), KINDS[page.number(339, 1)], page.number(317, 1)
    if bits == 12:
        padded = np.pad(rows, [(0, 0), (0, 0), (0, -rows.shape[-1] % 3)]).astype("uint16")
        first, second, third = padded[..., 0::3], padded[..., 1::3], padded[..., 2::3]
        pairs = np.stack([first << 4 | second >> 4, (second & 15) << 8 | third], axis=-1)
        values = pairs.reshape(*rows.shape[:2], -1)[..., : wide * channels]
        return values.reshape(*rows.shape[:2], wide, channels)
    size = bits // 8
    if predictor == 3:  # of floats: differences of bytes, the first bytes of all floats before the second ones
        apart = np.cumsum(rows.reshape(*rows.shape[:2], -1, channels), axis=2, dtype="uint8")
        apart = apart.reshape(*rows.shape[:2], size, -1)
        values = np.ascontiguousarray(np.moveaxis(apart, 2, 3)).view(f">f{size}")
        return values.reshape(*rows.shape[:2], wide, channels)
    shape = *rows.shape[:2], wide, channels
    if predictor == 2:
        whole = np.ascontiguousarray(rows).view(f"{page.order}u{size}").reshape(shape)
        whole = np.cumsum(whole, axis=2, dtype=f"u{size}")
        return whole.view(f"{kind}{size}")
    return np.ascontiguousarray(rows).view(f"{page.order}{kind}{size}").reshape(shape)


def _meant(values, page):
    colors = page.number(262, 1)
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.dtype == "float16":
        values = values.astype("float32")
    channels, extra = CHANNELS[colors], page.number(338, 0)
    alpha = None
    if extra in (PREMULTIPLIED, TRANSPARENT) and values.shape[-1] > channels:
        alpha = _scaled(values[..., channels])
    values, said = values[..., :channels], []
    if colors in (LAB, ICC_LAB):
        return _lab(values, colors)
    if colors == CMYK:
        image = Image.frombytes("CMYK", values.shape[1::-1], _scaled(values).tobytes())
    elif colors == PALETTE:
        table = np.reshape(page.values(320), (3, -1)).T
        if len(table) <= values.max():
            raise OSError("its palette is cut short")
        image = Image.fromarray(_scaled(table.astype("uint16"))[values[..., 0]])
    else:
        missing = values[..., 0] == _no_data(page) if colors != RGB else None
        values = values if colors == RGB else values[..., 0]
        declared = 4095 if page.number(258, 1) == 12 else None
        in_full = colors != RGB and alpha is None and PROFILE in page.tags  # a profile needs more than bytes
        found = (tones if in_full else levels)(
            values, declared=declared, white_is_zero=colors == WHITE_IS_ZERO, missing=missing
        )
        said = [found.guess] if found.guess else []
        image = Image.fromarray(found.values)
    if alpha is not None and image.mode in ("L", "RGB"):
        image.putalpha(Image.fromarray(alpha))
        if extra == PREMULTIPLIED:
            mode = {"LA": "La", "RGBA": "RGBa"}[image.mode]
            image = Image.frombytes(mode, image.size, image.tobytes()).convert(image.mode)
    image.info["said"] = said
    return image


def _scaled(values):
    """Values of any kind as bytes: white is the largest whole number of their kind, or 1."""
    white = 1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max
    return color.to_uint8(np.nan_to_num(values / white))


def _lab(values, colors):
    """Pillow's Lab: L from 0 to 255, a and b with 128 added. A TIFF has a and b with a sign, or as ICC profiles do."""
    if values.dtype == "uint16":
        ab = values[..., 1:].view("int16") / 256 + 128 if colors == LAB else values[..., 1:] / 256
        light = values[..., :1] / (257 if colors == LAB else 256)
        values = color.to_uint8(np.concatenate([light, ab], axis=-1) / 255)
    elif colors == LAB:
        values = values ^ np.array([0, 128, 128], values.dtype)
    return Image.merge("LAB", [Image.fromarray(np.ascontiguousarray(values[..., channel])) for channel in range(3)])


def _no_data(page):
    try:
        return float(page.values(NO_DATA, b"").strip(b"\0 "))
    except (ValueError, AttributeError):
        return np.nan
