"""Read a PNG: which colours its numbers mean, which of them is transparent, and what of its chunks is damaged.

Pillow decodes the pixels. It leaves the chunks cICP, gAMA and cHRM to us, compares the transparent grey of tRNS with
values that it has scaled, and refuses a file for a damaged text. Of 16 bits a channel of colour it gives the upper 8.
The rules are those of the PNG specification (W3C, third edition): cICP goes before iCCP, that before sRGB, and that
before gAMA and cHRM.
"""

import io
import struct
import zlib
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, PngImagePlugin

from colorlab import color
from colorlab.data import profiles

MAGIC = b"\x89PNG\r\n\x1a\n"
# A text or a profile may be large, and the pixels are there all the same. Pillow has one limit for the whole process,
# and reads texts before and after the pixels: to raise it only meanwhile, threads would have to wait for each other.
PngImagePlugin.MAX_TEXT_CHUNK = 2**26  # bytes
GREY, COLOR = 0, 2  # kinds of colour in the header, without transparency
SRGB_GAMMA, LIKE_IT = 1 / 2.2, 0.05  # libpng, too, takes gammas that are nearer than this for the same
# What the numbers of cICP mean (ITU-T H.273): the primaries, and the power that turns a value into light. A power of
# None is the curve of sRGB. That of television (1) is shown as sRGB, as browsers do.
PRIMARIES = {1: profiles.OF_SRGB, 9: profiles.OF_BT2020, 12: profiles.OF_DISPLAY_P3}
POWERS = {1: None, 4: 2.2, 5: 2.8, 8: 1.0, 13: None}
HDR = {16: "PQ", 18: "HLG"}


class Header(NamedTuple):
    """bits : of a channel. kind : of colour. cicp : the four numbers of that chunk, or nothing."""

    bits: int
    kind: int
    cicp: bytes


def read(file: BinaryIO) -> Image.Image:
    """Decode a PNG. Its colours are sRGB, or are so after its "icc_profile" is applied.

    Its `info` has "said", sentences to warn with; "deep", whether it has more than 8 bits; and "images", how many.
    Raises what Pillow raises.
    """
    said = []
    try:
        image, header = _opened(file)
    except Image.UnidentifiedImageError:
        file.seek(0)
        data, lost = _mended(file.read())
        if not lost:
            raise
        said.append(f"its {', '.join(lost)} {'is' if len(lost) == 1 else 'are'} damaged and left out")
        file = io.BytesIO(data)
        image, header = _opened(file)
    images = getattr(image, "n_frames", 1)
    image.load()
    info = image.info | {"said": said, "deep": header.bits == 16, "images": images}
    power, primaries = _space(info, header, said)
    image = _meant(image, file, header, power)
    if image.mode != "P":
        info.pop("transparency", None)
    if primaries is not None:
        info.pop("icc_profile", None)
        try:
            if primaries != profiles.OF_SRGB:
                info["icc_profile"] = profiles.of_primaries(primaries)
        except profiles.Unusable as error:
            said.append(f"its colours are not applied ({error})")
    image.info, image.format = info, "PNG"
    return image


def _opened(file):
    header = _header(file)
    file.seek(0)
    return Image.open(file, formats=["PNG"]), header


def _header(file):
    bits, kind, cicp, at = 8, COLOR, b"", len(MAGIC)
    while True:
        file.seek(at)
        length, name = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
        if name == b"IHDR":
            bits, kind = file.read(10)[8:].ljust(2, b"\0")
        elif name == b"cICP" and length == 4:
            cicp = file.read(4)
        elif name in (b"IDAT", b"IEND", bytes(4)):
            return Header(bits, kind, cicp)
        at += length + 12


def _mended(data):
    """The file without the damaged ones of those chunks that pixels do not need, and their names."""
    kept, lost, at = [data[: len(MAGIC)]], [], len(MAGIC)
    while at + 12 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        checked = zlib.crc32(data[at + 4 : end - 4]).to_bytes(4, "big") == data[end - 4 : end]
        if name[:1].islower() and not checked and end < len(data):
            lost.append(name.decode("latin-1"))
        else:
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]]), lost


def _space(info, header, said):
    """The power that turns a value into light and the primaries, as of PRIMARIES and POWERS. None: nothing to do."""
    if header.cicp:
        primaries, power, matrix, full = header.cicp
        if primaries in PRIMARIES and power in POWERS and (matrix, full) == (0, 1):
            return POWERS[power], PRIMARIES[primaries]
        what = f"{HDR[power]}, of high dynamic range" if power in HDR else "-".join(map(str, header.cicp))
        said.append(f"its colours ({what}) are not applied: save it as sRGB")
    if "icc_profile" in info or "srgb" in info:
        return None, None
    gamma, primaries = info.get("gamma"), info.get("chromaticity")
    usual = primaries is None or np.allclose(primaries, profiles.OF_SRGB, atol=0.005)
    if gamma and usual and abs(gamma / SRGB_GAMMA - 1) <= LIKE_IT:  # as sRGB was named before there was a chunk for it
        gamma = None
    if gamma is not None and not 0.1 <= gamma <= 10:
        said.append(f"its gamma ({gamma:g}) is not applied")
        gamma = None
    return 1 / gamma if gamma else None, None if usual else primaries


def _meant(image, file, header, power):
    """The image with its values in the curve of sRGB, and with its transparent colour in an alpha channel."""
    key = image.info.get("transparency")
    if header.kind == GREY and key is not None:
        key = key * 255 // (2**header.bits - 1) if 1 < header.bits < 8 else key
        opaque = np.asarray(image.convert("L") if image.mode == "1" else image) != key
        return _with_alpha(Image.fromarray(_grey_bytes(image, power)), opaque)
    if header.kind == COLOR and key is not None:
        opaque = (_sixteen(image, file) if header.bits == 16 else np.asarray(image)) != np.array(key)
        image.info.pop("transparency")
        return _with_alpha(_curved(image, file, header, power), opaque.any(axis=-1))
    return _curved(image, file, header, power) if power else image


def _curved(image, file, header, power):
    if not power or image.mode == "1":
        return image
    if image.mode == "I;16":
        return Image.fromarray(np.round(_table(power, 65535) * 65535).astype("uint16")[np.asarray(image)])
    if header.bits == 16 and header.kind & COLOR:
        curved = Image.fromarray(color.to_uint8(_table(power, 65535))[_sixteen(image.convert("RGB"), file)])
        if image.mode == "RGBA":
            curved.putalpha(image.getchannel("A"))
        return curved
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    table = color.to_uint8(_table(power, 255)).tolist()
    pairs = zip(image.getbands(), image.split(), strict=True)
    bands = [band if name == "A" else band.point(table) for name, band in pairs]
    return Image.merge(image.mode, bands)


def _grey_bytes(image, power):
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    values = np.asarray(image)
    top = 65535 if values.dtype == "uint16" else 255
    return color.to_uint8(_table(power, top))[values]


def _table(power, top):
    """What each value from 0 to `top` is in the curve of sRGB (IEC 61966-2-1): in [0, 1]."""
    values = np.linspace(0, 1, top + 1)
    if not power:
        return values
    light = values**power
    return np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)


def _sixteen(image, file):
    """All 16 bits of the colours (H, W, 3) uint16. Read as if its bytes were swapped, Pillow gives the lower 8."""
    file.seek(0)
    with Image.open(file, formats=["PNG"]) as again:
        again.tile = [tile._replace(args=tile.args.replace("16B", "16L")) for tile in again.tile]
        low = np.asarray(again)[..., :3]
    return np.asarray(image)[..., :3].astype("uint16") << 8 | low


def _with_alpha(image, opaque):
    image.putalpha(Image.fromarray(opaque).convert("L"))
    return image
