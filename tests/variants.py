"""Files as archives and strangers have them: every kind that colorlab is tried with, as a table.

    python tests/variants.py > docs/formats.md

writes the page of the table. tests/painting/test_formats.py tries each row. Each makes a file of a photograph.
"""

import io
import struct
import tempfile
import warnings
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


def transparent(path, photo):
    photo = photo.copy()
    photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    photo.save(path, **({"lossless": True} if path.suffix == ".webp" else {}))


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
    Variant("WebP", ".webp", pillow("RGB", quality=95), "RGB", apart=3),
    Variant("WebP, transparent", ".webp", transparent, "RGBA", result=".png"),
    Variant("AVIF", ".avif", pillow("RGB", quality=95), "RGB", apart=3, result=".png"),
    Variant("GIF, animated", ".gif", animation, "RGB", "3 images, of which the first", 12, ".png"),
    Variant("BMP", ".bmp", pillow("RGB"), "RGB", result=".png"),
    Variant("PGM", ".pgm", pillow("L"), result=".png"),
    Variant(
        "PGM, 16 bits",
        ".pgm",
        lambda path, photo: Image.fromarray(grey(photo).astype("uint16") * 257).save(path),
        warning=BITS,
        result=".png",
    ),  # fmt: skip
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
hold. What XMP and IPTC hold is left out, and so are a camera's private notes and thumbnails.

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
