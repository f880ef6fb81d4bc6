"""Colour any photograph: any format Pillow reads, any size, any mode, without losing a pixel of its detail.

The network sees a 128x128 copy. Only its chroma is used: enlarged to the photograph's size and joined to the
photograph's own lightness. Pixel by pixel that would be a cube, a matrix and a power for each of 24 million; but a
colour depends on just three numbers, so it is computed once for a lattice of them, and Pillow interpolates in the
table. That runs in strips on all cores, and needs little more memory than the photograph itself.
"""

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from colorlab import BadInput, color, networks
from colorlab.atomic import replacing
from colorlab.packing import IMAGE_SIZE
from colorlab.photographs import on_white, read_photograph
from colorlab.progress import Progress

STRIP = 2**18  # pixels a strip: small enough to stay in the processor's cache
TABLE = 33  # values along each axis of a table of colours; 17 would already do within 0.2 Lab units
SATURATION = 1.4  # our choice: of the factors measured (notebook 10) the largest with a CIEDE2000 below that of grey
SATURATIONS = {"classifier": 1.2, "iizuka": 1.2}  # of these, by the same rule on their own records
SOFTWARE, SIGNATURE = 0x0131, "colorlab"  # the EXIF tag of the software, and what it says in our results
BATCH = 16  # photographs that go through the network together
NATIVE_SIDE = 512  # pixels of the longer side that the network sees at most with `native`: our choice
BATCH_PIXELS = 50_000_000  # and no more than these together, since each is held in memory meanwhile
# Written in the format they came in; anything else, and what is transparent, as PNG.
WRITTEN = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


def colorize(photograph: Image.Image, model, saturation: float | None = None, **how) -> Image.Image:
    """Colour one photograph, of any size and mode, with a colorizer; `how`: see predict."""
    chroma = predict([photograph], model, saturation, **how)[0]
    return with_chroma(photograph.copy(), chroma)


def predict(
    photographs: list[Image.Image],
    model,
    saturation: float | None = None,
    native: bool = False,
    style: Image.Image | None = None,
) -> list[np.ndarray]:
    """The chroma for each photograph, (64, 64, 2) in [0, 1], or (h, w, 2) with `native`, whatever their sizes.

    saturation : how much stronger than predicted; 1 is the network's own answer. Where it is unsure, the mean of all
        colours that are possible costs the least squared error, and that is paler than any of them. By default
        SATURATION, or what SATURATIONS says for the kind of network.
    native : let the network see each photograph in its own shape and at its own size, between what it was trained on
        (128 pixels, or 224) and NATIVE_SIDE, instead of a square copy; h and w are half of that. Colours keep to
        smaller things; but things are then larger than those that it has learned from.
    style : another photograph, which lends its global features, what kind of picture it is (Iizuka et al. 2016, 5.5).
    """
    saturation = SATURATIONS.get(model.name, SATURATION) if saturation is None else saturation
    square = (IMAGE_SIZE, IMAGE_SIZE)
    whole = np.stack([_lightness(photograph, square) for photograph in photographs])
    if not native and style is None:
        predicted = np.asarray(model.predict_on_batch(whole)["chroma"])
    else:
        lent = whole if style is None else np.repeat(_lightness(style, square)[None], len(whole), axis=0)
        answer = _with_two_inputs(model)
        if native:  # sizes differ: one by one
            least = model.get_layer("low_level_1").input.shape[1]
            seen = (_lightness(photograph, _native_size(photograph, least)) for photograph in photographs)
            predicted = [np.asarray(answer([one[None], other[None]]))[0] for one, other in zip(seen, lent, strict=True)]
        else:
            predicted = np.asarray(answer.predict_on_batch([whole, lent]))
    return [color.saturated(chroma, saturation) for chroma in predicted]


_with_two_inputs = lru_cache(maxsize=1)(networks.with_two_inputs)  # of one model, for all its photographs


def _lightness(photograph, size):
    """What the network sees of a photograph: (height, width, 1) in [-1, 1]."""
    return color.lightness_of(color.rgb_to_lab(np.asarray(on_white(photograph.resize(size, reducing_gap=3.0)))))


def _native_size(photograph, least):
    """The photograph's own size, but a longer side of `least` to NATIVE_SIDE, in multiples of 8: (width, height)."""
    longer = max(photograph.size)
    scale = min(max(longer, least), NATIVE_SIDE) / longer
    return tuple(max(8, 8 * round(side * scale / 8)) for side in photograph.size)


def with_chroma(photograph: Image.Image, chroma: np.ndarray) -> Image.Image:
    """The photograph's own lightness with other colours.

    photograph : mode L, RGB or RGBA. An RGB photograph is changed in place, so that it is in memory only once.
    chroma : (h, w, 2) in [0, 1]; enlarged bilinearly to the photograph's size.

    Returns an image of mode RGB, or RGBA with the transparency it had. Converted back to grey, its lightness is the
    photograph's within the rounding to 8 bits, except where a colour had to be clipped to the gamut.
    """
    width, height = photograph.size
    source = photograph if photograph.mode in ("L", "RGB") else photograph.convert("RGB")
    colored = source if source.mode == "RGB" else Image.new("RGB", source.size)
    ab, low, high = _as_bytes(chroma)
    table = _table_of_colours(low, high)
    rows = max(1, STRIP // width)

    def color_strip(top):
        bottom = min(top + rows, height)
        strip = source.crop((0, top, width, bottom))
        if strip.mode == "RGB":
            strip = strip.filter(_table_of_greys()).getchannel(0)
        enlarged = [
            channel.resize(
                strip.size,
                Image.Resampling.BILINEAR,
                box=(0, top * channel.height / height, channel.width, bottom * channel.height / height),
            )
            for channel in ab
        ]
        colored.paste(Image.merge("RGB", (strip, *enlarged)).filter(table), (0, top))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Pillow lets go of Python's lock while it interpolates
        list(pool.map(color_strip, range(0, height, rows)))
    if photograph.mode == "RGBA":
        colored.putalpha(photograph.getchannel("A"))
    return colored


def _as_bytes(chroma):
    """Chroma as two images of bytes, each stretched over the range it has; (images, lowest ab, highest ab)."""
    ab = chroma * 255 - 128
    low, high = ab.min(axis=(0, 1)), ab.max(axis=(0, 1)) + 1e-3
    scaled = color.to_uint8((ab - low) / (high - low))
    return [Image.fromarray(np.ascontiguousarray(scaled[..., channel])) for channel in range(2)], low, high


def _table_of_colours(low, high):
    """Grey value, a, b, the latter two in bytes from `low` to `high` -> the colour of that lightness."""
    greys = np.linspace(0, 1, TABLE, dtype="float32")
    lightness = color.rgb_to_lab(np.stack([greys] * 3, axis=-1))[:, 0]
    a, b = np.linspace(low, high, TABLE, dtype="float32").T
    b, a, lightness = np.meshgrid(b, a, lightness, indexing="ij")  # the first index changes fastest
    rgb = color.lab_to_rgb(np.stack([lightness, a, b], axis=-1))
    return ImageFilter.Color3DLUT(TABLE, rgb.reshape(-1))


@lru_cache(maxsize=1)
def _table_of_greys():
    """Colour -> the grey of the same lightness (which is not Pillow's `convert("L")`, a weighted mean of bytes)."""
    levels = np.linspace(0, 1, TABLE, dtype="float32")
    blue, green, red = np.meshgrid(levels, levels, levels, indexing="ij")
    lab = color.rgb_to_lab(np.stack([red, green, blue], axis=-1))
    return ImageFilter.Color3DLUT(TABLE, color.lab_to_rgb(lab * [1, 0, 0]).reshape(-1))


def colorize_files(
    paths: list[Path], folder: Path, model, saturation: float | None = None, **how
) -> Iterator[tuple[Path, Path | BadInput]]:
    """Colour files into a folder: yields each file with what was written, or with what was wrong with it; `how`: see
    predict.

    Nothing but a result of an earlier call is ever overwritten: where another file has the name, the result gets a
    number.
    """
    taken = set()
    with Progress(total=len(paths), unit="photo", desc="colorizing") as progress:
        for batch in _batches(paths):
            readable = [photograph for _, photograph in batch if not isinstance(photograph, BadInput)]
            chroma = iter(predict(readable, model, saturation, **how) if readable else [])
            for path, photograph in batch:
                if isinstance(photograph, BadInput):
                    result = photograph
                else:
                    exif = _signed_exif(photograph)
                    result = _written(with_chroma(photograph, next(chroma)), path, folder, taken, exif)
                progress.update()
                yield path, result


def _batches(paths):
    """Read the files: lists of (file, photograph or BadInput) to go through the network together."""
    batch, pixels = [], 0
    for path in paths:
        try:
            photograph = read_photograph(path)
            pixels += photograph.width * photograph.height
        except BadInput as error:
            photograph = error
        batch.append((path, photograph))
        if len(batch) == BATCH or pixels >= BATCH_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def _signed_exif(photograph):
    """What the camera wrote about the photograph, with this program in the place of the software's name."""
    exif = Image.Exif()
    try:
        exif.update(photograph.getexif())
        exif[SOFTWARE] = SIGNATURE
        exif.tobytes()  # strangers write tags of the wrong type, which Pillow reads but cannot write
    except Exception:
        exif = Image.Exif()
        exif[SOFTWARE] = SIGNATURE
    return exif


def _is_ours(path):
    """Whether a file is a result of an earlier call, which may be replaced."""
    try:
        with Image.open(path) as image:
            return image.getexif().get(SOFTWARE) == SIGNATURE
    except Exception:  # whatever it is, it is not ours
        return False


def _written(image, path, folder, taken, exif):
    """Write a result under the name of its photograph; the file, or BadInput if it cannot be written."""
    suffix = path.suffix if path.suffix.lower() in WRITTEN and image.mode == "RGB" else ".png"
    numbers = itertools.chain([""], (f"-{n}" for n in itertools.count(2)))
    names = (folder / f"{path.stem}{number}{suffix}" for number in numbers)
    free = (name for name in names if str(name).lower() not in taken and (not name.exists() or _is_ours(name)))
    target = next(free)
    taken.add(str(target).lower())  # on some disks Photo.jpg and photo.jpg are the same file
    try:
        _save(image, target, exif)
    except BadInput as error:
        return error
    return target


def _save(image, target, exif):
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            image.info.clear()  # a profile that no longer holds, comments: what is kept is in `exif`
            image.save(temporary, format=WRITTEN.get(target.suffix.lower(), "PNG"), quality=95, exif=exif)
    except Exception as error:  # a full disk, no permission, an image too large for its format
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"{target} cannot be written ({why}): choose another folder with -o") from None


def write(image: Image.Image, photograph: Image.Image, target: Path) -> None:
    """Write what was made of a photograph to a file, in the format of its name, with what the camera wrote about it.

    Raises BadInput where the name has no format that is written here, the file is there and no earlier result, or it
    cannot be written.
    """
    if target.suffix.lower() not in WRITTEN:
        raise BadInput(f"{target} has no format that can be written: let its name end in {', '.join(WRITTEN)}")
    if target.exists() and not _is_ours(target):
        raise BadInput(f"{target} is there already, and no result of colorlab: choose another name with -o")
    _save(image, target, _signed_exif(photograph))
