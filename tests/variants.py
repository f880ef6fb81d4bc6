"""Files as archives and strangers have them: every kind that colorlab is tried with, as a table.

    python tests/variants.py > docs/formats.md

writes the page of the table. tests/painting/test_formats.py tries each row. Each makes a file of a photograph.
"""

import io
import struct
import tempfile
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from colorlab.base.paths import DATA
from colorlab.painting import files

SIZE = 96, 64


@dataclass(frozen=True)
class Variant:
    """A kind of file.

    make : (path, photograph of mode RGB) -> None, writes it. suffix : of its name. mode : of what is read.
    warning : what is said of it, a regular expression. apart : greys by which what is read may differ on average.
    """

    what: str
    suffix: str
    make: object
    mode: str = "L"
    warning: str = ""
    apart: float = 1.0
    result: str = ""  # the suffix of the result, if it is another


def grey(photograph):
    """The photograph's lightness as bytes (H, W)."""
    return np.asarray(photograph.convert("L"))


def pillow(mode, **options):
    return lambda path, photo: photo.convert(mode).save(path, **options)


def array(values, **options):
    """Written by tifffile, which knows kinds of TIFF that Pillow does not write. values : (H, W) uint8 -> array."""
    return lambda path, photo: tifffile.imwrite(path, values(grey(photo)), photometric="minisblack", **options)


def of_color(**options):
    return lambda path, photo: tifffile.imwrite(path, np.asarray(photo), photometric="rgb", **options)


def inverted(values):
    def make(path, photo):
        tifffile.imwrite(path, values(grey(photo)), photometric="miniswhite")

    return make


def pages(path, photo):
    photo.convert("L").save(path, save_all=True, append_images=[photo.convert("L").rotate(180)] * 2)


def rotated(path, photo):
    photo.transpose(Image.Transpose.ROTATE_90).convert("L").save(path, tiffinfo={0x0112: 6})


def one_value_too_large(values):
    values = values / np.float32(255)
    values[3, 3] = 1.02
    return values


def bmp_of_16_bits(path, photo):
    """Five, six and five bits a channel, upside down, as Windows writes them."""
    values = np.asarray(photo).astype("uint16")
    packed = (values[..., 0] >> 3) << 11 | (values[..., 1] >> 2) << 5 | values[..., 2] >> 3
    width, height = photo.size
    masks = struct.pack("<3I", 0xF800, 0x07E0, 0x001F)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 16, 3, packed.nbytes, 2835, 2835, 0, 0)
    at = 14 + len(head) + len(masks)
    path.write_bytes(
        struct.pack("<2sIHHI", b"BM", at + packed.nbytes, 0, 0, at) + head + masks + packed[::-1].tobytes()
    )


def ppm_of_16_bits(path, photo):
    values = np.asarray(photo).astype(">u2") * 257
    path.write_bytes(b"P6 %d %d 65535\n" % photo.size + values.tobytes())


def small_copy_first(path, photo):
    with tifffile.TiffWriter(path) as file:
        file.write(grey(photo)[::2, ::2], subfiletype=1)
        file.write(grey(photo))


def small_copy_last(path, photo):
    with tifffile.TiffWriter(path) as file:
        file.write(grey(photo))
        file.write(grey(photo)[::2, ::2], subfiletype=1)


def with_undershoot(values):
    values = values.astype("int32") * 257
    values[1, :3] = -30
    return values


def from_minus_one(values):
    return values / np.float32(127.5) - 1


def declared(path, photo):
    """A TIFF whose tags say its largest value."""
    tifffile.imwrite(path, grey(photo).astype("uint16") * 257, extratags=[(281, 3, 1, 65535, True)])


def long_description(path, photo):
    tifffile.imwrite(path, grey(photo), description="x" * 100_000, metadata=None)


def starting_as_canon(path, photo):
    """A TIFF whose first pixels are the bytes CR."""
    values = grey(photo).copy()
    values[0, :2] = 67, 82
    Image.fromarray(values).save(path)


def cut(count, **options):
    def make(path, photo):
        photo.save(path, **options)
        path.write_bytes(path.read_bytes()[:-count])

    return make


def with_holes(values):
    values = values / np.float32(255)
    values[:2, :2] = np.nan
    values[5, 5] = np.inf
    return values


def full_range(values):
    return (values.astype("float64") / 255 * (2**32 - 1)).astype("uint32")


def signed_full_range(values):
    return (values.astype("float64") / 255 * (2**31 - 1)).astype("int32")


def grey_profile(gamma: float) -> bytes:
    """A profile of greys whose light is a power of the byte: 1 is linear."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * v) for v in (0.9642, 1.0, 0.8249)))
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(12 + 67)
    tags, body, at = [], b"", 128 + 4 + 12 * 4
    for sign, data in ((b"desc", name), (b"cprt", b"text" + bytes(4) + b"none\0"), (b"wtpt", white), (b"kTRC", curve)):
        data += bytes(-len(data) % 4)
        tags.append(struct.pack(">4sII", sign, at + len(body), len(data)))
        body += data
    size = 128 + 4 + 12 * 4 + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">3i", *(round(65536 * v) for v in (0.9642, 1.0, 0.8249)))
    return head + bytes(128 - len(head)) + struct.pack(">I", 4) + b"".join(tags) + body


def linear(values):
    """The bytes of an sRGB grey -> light in [0, 1]."""
    coded = values / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def with_grey_profile(path, photo):
    light = np.round(linear(grey(photo)) ** (1 / 1.8) * 255).astype("uint8")
    Image.fromarray(light).save(path, icc_profile=grey_profile(1.8))


def linear_16_bits(path, photo):
    light = np.round(linear(grey(photo)) * 65535).astype("uint16")
    Image.fromarray(light).save(path, icc_profile=grey_profile(1.0))


def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile():
    """A profile in which red and blue have changed places, with the name of sRGB."""
    return srgb_profile().replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")


def swapped(path, photo):
    Image.merge("RGB", photo.split()[::-1]).save(path, icc_profile=swapped_profile(), quality=95)


def palette(path, photo):
    photo.quantize(128).save(path)


def palette_with_profile(path, photo):
    Image.merge("RGB", photo.split()[::-1]).quantize(128).save(path, icc_profile=swapped_profile())


def without_its_end(path, photo):
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=95)
    path.write_bytes(buffer.getvalue()[:-2])


def large_text(path, photo):
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 3_000_000, zip=True)
    photo.convert("L").save(path, pnginfo=info)


def described_png(path, photo):
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Jürgen")
    photo.convert("L").save(path, pnginfo=info, dpi=(300, 300))


def cut_tiff(path, photo):
    photo.convert("L").save(path)
    path.write_bytes(path.read_bytes()[:-2])


def animation(path, photo):
    frames = [photo.convert("P"), photo.rotate(90).convert("P"), photo.rotate(180).convert("P")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def gif_with_a_margin(path, photo):
    """The picture begins 8 pixels from the left."""
    photo.crop((8, 0, *photo.size)).quantize(128).save(path)
    data = bytearray(path.read_bytes())
    data[6:10] = struct.pack("<HH", *photo.size)
    picture = data.index(b",", 13 + 3 * 2 ** (1 + (data[10] & 7)))
    data[picture + 1 : picture + 3] = struct.pack("<H", 8)
    path.write_bytes(data)


def two_in_one(path, photo):
    path.write_bytes(2 * (b"P5 %d %d 255\n" % photo.size + grey(photo).tobytes()))


def transparent(path, photo):
    photo = photo.copy()
    photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    photo.save(path, **({"lossless": True} if path.suffix == ".webp" else {}))


def png(values, bits, kind, **chunks):
    """A PNG with further chunks. values : photograph -> what is stored. kind : of colour, the number in the header."""

    def make(path, photo):
        stored = values(photo)
        rows = b"".join(b"\0" + row.tobytes() for row in stored)
        chunks_ = {"IHDR": struct.pack(">IIBBBBB", *photo.size, bits, kind, 0, 0, 0)} | chunks
        chunks_ |= {"IDAT": zlib.compress(rows), "IEND": b""}
        data = b"".join(png_chunk(name.encode(), content) for name, content in chunks_.items())
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)

    return make


def png_chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def gamma(number):
    return struct.pack(">I", round(number * 100_000))


def of_light(power, top):
    """The light of a grey photograph, to a power, as whole numbers to `top`."""
    kind = ">u2" if top > 255 else "u1"
    return lambda photo: np.round(linear(grey(photo)) ** power * top).astype(kind)


SWAPPED_PRIMARIES = struct.pack(">8I", 31270, 32900, 15000, 6000, 30000, 60000, 64000, 33000)  # blue for red


def of_two_bits(photo):
    values = np.round(grey(photo) / 85).astype("uint8").reshape(photo.height, -1, 4)
    return (values << np.array([6, 4, 2, 0], "uint8")).sum(axis=-1).astype("uint8")


def damaged_text(path, photo):
    photo.convert("L").save(path)
    data = path.read_bytes()
    path.write_bytes(data[:33] + struct.pack(">I", 5) + b"tEXtA\0b  none" + data[33:])


def tiff_of(size, tags, data):
    """A TIFF of one page with this size, these tags and these bytes of pixels."""
    tags = sorted({256: size[0], 257: size[1], 259: 1, 273: 8, 278: size[1], 279: len(data), **tags}.items())
    start, table, body = 8 + len(data), struct.pack("<H", len(tags)), b""
    for tag, value in tags:
        values = value if isinstance(value, tuple) else (value,)
        packed = struct.pack(f"<{len(values)}H", *values).ljust(4, b"\0")
        if len(packed) > 4:
            body, packed = body + packed, struct.pack("<I", start + 6 + 12 * len(tags) + len(body))
        table += struct.pack("<HHI", tag, 3, len(values)) + packed
    return b"II*\0" + struct.pack("<I", start) + data + table + bytes(4) + body


def a_color_for_four_pixels(path, photo):
    light, blue, red = (np.asarray(band) for band in photo.convert("YCbCr").split())
    width, height = photo.size
    blocks = light.reshape(height // 2, 2, width // 2, 2).transpose(0, 2, 1, 3).reshape(height // 2, -1, 4)
    units = np.concatenate([blocks, blue[::2, ::2, None], red[::2, ::2, None]], axis=-1)
    path.write_bytes(tiff_of(photo.size, {258: (8, 8, 8), 262: 6, 277: 3, 530: (2, 2)}, units.tobytes()))


def packed_12_bits(path, photo):
    first, second = np.round(grey(photo) / 255 * 4095).astype("uint16").reshape(-1, 2).T
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=-1).astype("uint8")
    path.write_bytes(tiff_of(photo.size, {258: 12, 262: 1}, packed.tobytes()))


def within_its_copy(path, photo):
    with tifffile.TiffWriter(path) as file:
        file.write(grey(photo)[::2, ::2], subifds=1, subfiletype=1)
        file.write(grey(photo))


def mask_first(path, photo):
    with tifffile.TiffWriter(path) as file:
        file.write(np.ones(photo.size[::-1], bool), subfiletype=4, photometric="mask")
        file.write(grey(photo))


def damaged_inside(content, **options):
    """With other bytes in the middle of its compressed pixels."""

    def make(path, photo):
        photo.convert("1" if "group" in options["compression"] else "L").save(path, **options)
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 2 * len(content)] = 2 * content
        path.write_bytes(data)

    return make


def without_data(path, photo):
    values = grey(photo) * np.float32(1000 / 255)
    values[:9, :9] = -9999
    tifffile.imwrite(path, values, extratags=[(42113, 2, 0, "-9999", True)])


def deep_color(values, **options):
    def make(path, photo):
        stored = values(np.asarray(photo))
        if options.get("planarconfig"):
            stored = np.moveaxis(stored, -1, 0)
        tifffile.imwrite(path, stored, photometric="rgb", **options)

    return make


def grey_and_alpha(path, photo):
    values = np.dstack([grey(photo), np.full(photo.size[::-1], 255)]).astype("uint16") * 257
    tifffile.imwrite(path, values, photometric="minisblack", extrasamples=["unassalpha"])


def icc_lab(path, photo):
    tifffile.imwrite(path, np.dstack([np.asarray(band) for band in in_lab(photo).split()]), photometric="icclab")


def lab_of_16_bits(path, photo):
    light, a, b = (np.asarray(band).astype("int32") for band in in_lab(photo).split())
    values = np.dstack([light * 257, (a - 128) * 256, (b - 128) * 256])
    tifffile.imwrite(path, values.astype("uint16"), photometric="cielab")


def wide(values):
    return values.astype("uint16") * 257


BITS = "more than 8 bits"
KINDS = {"L": "grey", "RGB": "colour"}
VARIANTS = (
    Variant("JPEG, colour", ".jpg", pillow("RGB", quality=95), "RGB"),
    Variant("JPEG, grey", ".jpg", pillow("L", quality=95)),
    Variant("JPEG, progressive", ".jpg", pillow("RGB", quality=95, progressive=True), "RGB"),
    Variant("JPEG, CMYK", ".jpg", pillow("CMYK", quality=95), "RGB", apart=2),
    Variant("JPEG, its last 2 bytes missing", ".jpg", without_its_end, "RGB", "cut short, but no part"),
    Variant("JPEG, broken EXIF", ".jpg", pillow("RGB", quality=95, exif=b"Exif\0\0garbage"), "RGB", "broken metadata"),
    Variant("JPEG, a profile that is no sRGB and named so", ".jpg", swapped, "RGB", apart=2),
    Variant("JPEG, a broken profile", ".jpg", pillow("RGB", quality=95, icc_profile=b"none"), "RGB", "it is broken"),
    Variant("JPEG 2000", ".jp2", pillow("RGB"), "RGB", result=".png", apart=2),
    Variant("PNG, grey", ".png", pillow("L")),
    Variant("PNG, black and white", ".png", pillow("1"), apart=255),
    Variant("PNG, palette", ".png", palette, "RGB", apart=8),
    Variant("PNG, palette with a profile", ".png", palette_with_profile, "RGB", apart=8),
    Variant("PNG, transparent", ".png", transparent, "RGBA"),
    Variant("PNG, grey and transparent", ".png", lambda path, photo: photo.convert("LA").save(path), "RGBA"),
    Variant(
        "PNG, 16 bits",
        ".png",
        lambda path, photo: Image.fromarray(grey(photo).astype("uint16") * 257).save(path),
        warning=BITS,
    ),  # fmt: skip
    Variant("PNG, 16 bits of linear light with a profile", ".png", linear_16_bits, warning=BITS),
    Variant("PNG, grey profile (gamma 1.8)", ".png", with_grey_profile, apart=2),
    Variant("PNG, broken EXIF", ".png", pillow("L", exif=b"Exif\0\0garbage"), "L", "broken metadata"),
    Variant("PNG, a text of 3 MB", ".png", large_text),
    Variant("PNG, a profile of 3 MB that is broken", ".png", pillow("L", icc_profile=bytes(3_000_000)), "L", "broken"),
    Variant("PNG, author and resolution", ".png", described_png),
    Variant("PNG, gamma 1.8, as an old Mac's", ".png", png(of_light(1 / 1.8, 255), 8, 0, gAMA=gamma(1 / 1.8))),
    Variant("PNG, gamma 1, 16 bits", ".png", png(of_light(1, 65535), 16, 0, gAMA=gamma(1)), "L", BITS),
    Variant("PNG, gamma 1/2.2, which means sRGB", ".png", png(grey, 8, 0, gAMA=gamma(0.45455))),
    Variant(
        "PNG, primaries and gamma of its own",
        ".png",
        png(lambda photo: np.asarray(photo)[..., ::-1].copy(), 8, 2, gAMA=gamma(0.45455), cHRM=SWAPPED_PRIMARIES),
        "RGB",
        apart=3,
    ),
    Variant(
        "PNG, linear light by its cICP, 16 bits",
        ".png",
        png(lambda photo: np.round(linear(np.asarray(photo)) * 65535).astype(">u2"), 16, 2, cICP=bytes([1, 8, 0, 1])),
        "RGB",
        BITS,
    ),  # fmt: skip
    Variant("PNG, HDR by its cICP", ".png", png(grey, 8, 0, cICP=bytes([9, 16, 0, 1])), "L", "of high dynamic range"),
    Variant("PNG, 2 bits, a grey transparent", ".png", png(of_two_bits, 2, 0, tRNS=b"\0\0"), "RGBA", apart=30),
    Variant(
        "PNG, 16 bits, a grey transparent",
        ".png",
        png(lambda photo: wide(grey(photo)).astype(">u2"), 16, 0, tRNS=b"\0\1"),
        "RGBA",
        BITS,
    ),
    Variant(
        "PNG, colour, 16 bits, a colour transparent",
        ".png",
        png(lambda photo: wide(np.asarray(photo)).astype(">u2"), 16, 2, tRNS=bytes(5) + b"\1"),
        "RGBA",
        BITS,
    ),
    Variant("PNG, a damaged text", ".png", damaged_text, warning="its tEXt is damaged"),
    Variant("WebP", ".webp", pillow("RGB", quality=95), "RGB", apart=3),
    Variant("WebP, transparent", ".webp", transparent, "RGBA", result=".png"),
    Variant("AVIF", ".avif", pillow("RGB", quality=95), "RGB", apart=3, result=".png"),
    Variant("GIF, animated", ".gif", animation, "RGB", "3 images, of which the first", 12, ".png"),
    Variant("GIF, its picture smaller than it", ".gif", gif_with_a_margin, "RGBA", apart=12, result=".png"),
    Variant("BMP", ".bmp", pillow("RGB"), "RGB", result=".png"),
    Variant("PGM", ".pgm", pillow("L"), result=".png"),
    Variant(
        "PGM, 16 bits",
        ".pgm",
        lambda path, photo: Image.fromarray(grey(photo).astype("uint16") * 257).save(path),
        warning=BITS,
        result=".png",
    ),  # fmt: skip
    Variant("PGM, two images in one file", ".pgm", two_in_one, warning="2 images, of which", result=".png"),
    Variant("SGI, 16 bits", ".sgi", pillow("L", bpc=2), warning=BITS, result=".png"),
    Variant("TGA", ".tga", pillow("RGB"), "RGB", result=".png"),
    Variant("TIFF, grey", ".tif", pillow("L")),
    Variant("TIFF, colour", ".tif", pillow("RGB"), "RGB"),
    Variant("TIFF, black and white", ".tif", pillow("1"), apart=255),
    *(
        Variant(f"TIFF, {KINDS[mode]}, compressed: {name}", ".tif", pillow(mode, compression=name), mode)
        for name, mode in (("tiff_lzw", "L"), ("tiff_adobe_deflate", "L"), ("packbits", "L"), ("tiff_lzw", "RGB"))
    ),
    Variant("TIFF, compressed: jpeg", ".tif", pillow("RGB", compression="jpeg", quality=95), "RGB", apart=3),
    Variant("TIFF, black and white, compressed: group4", ".tif", pillow("1", compression="group4"), apart=255),
    Variant("TIFF, CMYK", ".tif", pillow("CMYK"), "RGB", apart=2),
    Variant("TIFF, YCbCr", ".tif", pillow("YCbCr"), "RGB", apart=2),
    Variant("TIFF, Lab", ".tif", lambda path, photo: in_lab(photo).save(path), "RGB", apart=3),
    Variant("TIFF, palette", ".tif", palette, "RGB", apart=8),
    Variant("TIFF, transparent", ".tif", transparent, "RGBA", result=".png"),
    Variant("TIFF, tiled", ".tif", of_color(tile=(16, 16)), "RGB"),
    Variant(
        "TIFF, planar",
        ".tif",
        lambda path, photo: tifffile.imwrite(
            path, np.moveaxis(np.asarray(photo), -1, 0), photometric="rgb", planarconfig="separate"
        ),
        "RGB",
    ),  # fmt: skip
    Variant("TIFF, big-endian", ".tif", array(lambda values: values, byteorder=">")),
    Variant("TIFF, BigTIFF", ".tif", array(lambda values: values, bigtiff=True)),
    Variant("TIFF, three pages", ".tif", pages, warning="3 images, of which the first"),
    Variant("TIFF, a small copy before the photograph", ".tif", small_copy_first),
    Variant("TIFF, a small copy after the photograph", ".tif", small_copy_last),
    Variant("TIFF, lying on its side", ".tif", rotated),
    Variant("TIFF, its last two bytes missing", ".tif", cut_tiff, warning="cut short, but no part"),
    Variant("TIFF, white is zero", ".tif", inverted(lambda values: 255 - values)),
    Variant(
        "TIFF, white is zero, 16 bits",
        ".tif",
        inverted(lambda values: 65535 - 257 * values.astype("uint16")),
        warning=BITS,
    ),  # fmt: skip
    Variant("TIFF, white is zero, floats", ".tif", inverted(lambda values: 1 - values / np.float32(255)), warning=BITS),
    Variant("TIFF, 16 bits", ".tif", array(lambda values: values.astype("uint16") * 257), warning=BITS),
    Variant(
        "TIFF, 16 bits, big-endian",
        ".tif",
        array(lambda values: values.astype("uint16") * 257, byteorder=">"),
        warning=BITS,
    ),  # fmt: skip
    Variant(
        "TIFF, 12 bits in 16", ".tif", array(lambda values: (values / 255 * 4095).astype("uint16")), warning="12 bits"
    ),  # fmt: skip
    Variant(
        "TIFF, colour, 16 bits",
        ".tif",
        lambda path, photo: tifffile.imwrite(path, np.asarray(photo).astype("uint16") * 257, photometric="rgb"),
        "RGB",
        BITS,
    ),  # fmt: skip
    Variant("TIFF, 32 bits, full range", ".tif", array(full_range), warning=BITS),
    Variant("TIFF, 32 bits, signed", ".tif", array(signed_full_range), warning=BITS),
    Variant("TIFF, 32 bits that hold bytes", ".tif", array(lambda values: values.astype("int32")), warning="8 bits"),
    Variant("TIFF, floats to 1", ".tif", array(lambda values: values / np.float32(255)), warning=BITS),
    Variant("TIFF, floats to 1, one of 1.02", ".tif", array(one_value_too_large), warning=BITS),
    Variant("TIFF, floats to 255", ".tif", array(lambda values: values.astype("float32")), warning="taken to be 255"),
    Variant(
        "TIFF, floats to 7.3",
        ".tif",
        array(lambda values: values / np.float32(255 / 7.3)),
        warning="taken to be [67]",
        apart=8,
    ),
    Variant("TIFF, floats from -1 to 1", ".tif", array(from_minus_one), warning="black is taken to be -"),
    Variant(
        "TIFF, floats to 100", ".tif", array(lambda values: values / np.float32(2.55)), warning="taken to be", apart=8
    ),
    Variant(
        "TIFF, 16 bits, signed", ".tif", array(lambda values: (values / 255 * 32767).astype("int16")), warning=BITS
    ),
    Variant("TIFF, 32 bits, some below zero", ".tif", array(with_undershoot), warning="16 bits"),
    Variant("TIFF, its largest value declared", ".tif", declared, warning=BITS),
    Variant("TIFF, a description of 100 kB", ".tif", long_description),
    Variant("TIFF, its first pixels as those of a raw file", ".tif", starting_as_canon),
    *(
        Variant(
            f"JPEG, its last {count} bytes missing", ".jpg", cut(count, quality=95), "RGB", "cut short, but no part"
        )
        for count in (1,)
    ),
    Variant(
        "JPEG, an EXIF without a tag",
        ".jpg",
        pillow("RGB", quality=95, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"),
        "RGB",
    ),
    Variant("BMP, 5 and 6 bits a channel", ".bmp", bmp_of_16_bits, "RGB", apart=8, result=".png"),
    Variant("PPM, 16 bits", ".ppm", ppm_of_16_bits, "RGB", BITS, result=".png"),
    Variant(
        "PFM",
        ".pfm",
        lambda path, photo: Image.fromarray(grey(photo) / np.float32(255)).save(path),
        warning=BITS,
        result=".png",
    ),  # fmt: skip
    Variant("QOI", ".qoi", pillow("RGB"), "RGB", result=".png"),
    Variant("TIFF, floats, some are no number", ".tif", array(with_holes), warning="have no value"),
    Variant("TIFF, a small copy that holds the photograph", ".tif", within_its_copy),
    Variant("TIFF, a mask before the photograph", ".tif", mask_first),
    Variant("TIFF, YCbCr, a colour for four pixels", ".tif", a_color_for_four_pixels, "RGB", apart=3),
    Variant(
        "TIFF, group4, damaged inside",
        ".tif",
        damaged_inside(b"\x55" * 9, compression="group4"),
        "L",
        "parts of it",
        255,
    ),
    Variant(
        "TIFF, jpeg, damaged inside", ".tif", damaged_inside(b"\xff\x22", compression="jpeg"), "L", "parts of it", 255
    ),
    Variant("TIFF, BigTIFF, big-endian", ".tif", array(lambda values: values, bigtiff=True, byteorder=">")),
    Variant("TIFF, BigTIFF, big-endian, 16 bits", ".tif", array(wide, bigtiff=True, byteorder=">"), warning=BITS),
    Variant(
        "TIFF, white is zero, 16 bits, big-endian",
        ".tif",
        lambda path, photo: tifffile.imwrite(path, 65535 - wide(grey(photo)), photometric="miniswhite", byteorder=">"),
        warning=BITS,
    ),
    Variant(
        "TIFF, colour, 16 bits, planar, tiled, big-endian",
        ".tif",
        deep_color(wide, planarconfig="separate", tile=(32, 32), byteorder=">"),
        "RGB",
        BITS,
    ),
    Variant(
        "TIFF, colour, 12 bits in 16", ".tif", deep_color(lambda values: values.astype("uint16") * 16), "RGB", BITS
    ),
    Variant("TIFF, colour, floats", ".tif", deep_color(lambda values: values / np.float32(255)), "RGB", BITS),
    Variant("TIFF, colour, floats of 64 bits", ".tif", deep_color(lambda values: values / 255), "RGB", BITS),
    Variant("TIFF, floats of 16 bits", ".tif", array(lambda values: (values / 255).astype("float16")), warning=BITS),
    Variant("TIFF, 12 bits", ".tif", packed_12_bits, warning=BITS),
    Variant("TIFF, 8 bits, signed", ".tif", array(lambda values: (values - 128.0).astype("int8")), warning="black"),
    Variant(
        "TIFF, 14 bits in 16",
        ".tif",
        array(lambda values: (values / values.max() * 16383).astype("uint16")),
        warning="14 bits",
        apart=8,
    ),
    Variant("TIFF, grey and transparent, 16 bits", ".tif", grey_and_alpha, "RGBA", BITS, result=".png"),
    Variant("TIFF, Lab as ICC has it", ".tif", icc_lab, "RGB", apart=3),
    Variant("TIFF, Lab, 16 bits", ".tif", lab_of_16_bits, "RGB", BITS, apart=3),
    Variant("TIFF, some pixels without data, as GDAL says", ".tif", without_data, "L", "have no value", apart=20),
)


def in_lab(photo):
    return ImageCms.profileToProfile(
        photo, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )


def line(variant: Variant, said: list[str]) -> str:
    """The variant's line in docs/formats.md. said : the warnings, without the name of the file."""
    return f"| {variant.what} | {(variant.result or variant.suffix)[1:].upper()} | {'; '.join(said)} |"


def without_name(said: list[str], path) -> list[str]:
    return list(dict.fromkeys(one.removeprefix(str(path)).lstrip(": ") for one in said))


PAGE = """# The files that are tried

`make test` makes each of these files of a photograph, colours it with `colorlab colorize` and opens the result again.
The size must be that of the photograph. The lightness of 99 pixels of 100 must be the same to 2 Lab units, and that of
all to 4: colours that a screen can't show are clipped, and JPEG and WebP lose some. What is said is a warning that
names the file.

The result has the date, place, camera, exposure, author, description and resolution that EXIF or the texts of a PNG
hold. What XMP, IPTC and comments hold is left out, and so are a camera's private notes and thumbnails.

| file | result | what is said |
|---|---|---|
"""


def main():
    """Print the page. Each file is made and read."""
    photo = Image.open(DATA / "gallery" / "cincinnati_bridge.jpg").convert("RGB").resize(SIZE)
    print(PAGE, end="")
    with tempfile.TemporaryDirectory() as folder:
        for variant in VARIANTS:
            path = Path(folder) / f"photo{variant.suffix}"
            variant.make(path, photo)
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                files.read(path)
            print(line(variant, without_name([str(one.message) for one in said], path)))


if __name__ == "__main__":
    main()
