"""Download the write-up, and take the four result pictures out of its PDF.

The project ships none of them. Notebook 11 shows them to whoever has fetched them with `colorlab data fetch write-up`.
"""

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.paths import PACKED
from colorlab.base.reading import reading
from colorlab.data import fetch

ADDRESS = (
    "https://raw.githubusercontent.com/hlee95/image-colorization/"
    "3bdfc641b7d299874ed620cebfc34c0ac0726048/class_project/project_writeup.pdf"
)
SHA256 = "87114caa920033a53fc33e81b9e8cc5f15e4f763d24e7b461f4c7e2be191a11b"
SIDE = 128  # pixels of a result picture
# Name -> SHA-256 of the pixels. Forbidden City is a JPEG, which programs decode a little differently.
PICTURES = {
    "lecture_hall": "2f7f0bcc0a1b26de0d7f4851b86e888c4dcf30741fcec27d476ad9b5021f3a50",
    "dancing_couple": "11c186860a9fb42cef0845f9769a285e0d645f8c32748722ca77d0a89cc3c33a",
    "ice_skating": "be6015f01868ae637a47c7aa2ff0d1d23d6f98753897aebf5727dc304099d466",
    "forbidden_city": None,
}


def folder() -> Path:
    """Where the pictures are kept: with the packed data sets, which are never committed."""
    return PACKED / "write-up"


def pictures() -> dict[str, np.ndarray]:
    """Name -> picture (128, 128, 3) uint8, as published. Empty if they have not been fetched."""
    files = {name: folder() / f"{name}.png" for name in PICTURES}
    if not all(file.is_file() for file in files.values()):
        return {}
    with reading(folder(), "run `colorlab data fetch write-up` again"):
        found = {name: np.asarray(Image.open(file).convert("RGB")) for name, file in files.items()}
        for name, digest in PICTURES.items():
            if found[name].shape != (SIDE, SIDE, 3) or digest not in (None, sha256(found[name].tobytes()).hexdigest()):
                raise ValueError(f"{name}.png does not have the published pixels")
        return found


def fetch_pictures() -> Path:
    """Download the PDF, unless it is here, and write its pictures as PNG files. Returns their folder.

    Raises BadInput if it cannot be downloaded, is not the file that was published, or lacks the pictures.
    """
    found = pictures_in(fetch.download(ADDRESS, SHA256))
    try:
        folder().mkdir(parents=True, exist_ok=True)
        for name, picture in found.items():
            with replacing(folder() / f"{name}.png") as beside:
                picture.save(beside, "PNG")
    except OSError as error:
        raise BadInput(f"{folder()} cannot be written ({error.strerror or error})") from error
    return folder()


def pictures_in(pdf: Path) -> dict[str, Image.Image]:
    """Take the four pictures out of the write-up's PDF. Raises BadInput if they are not in it."""
    from pypdf import PdfReader

    try:
        pages = PdfReader(pdf).pages
        images = [_decoded(one).convert("RGB") for page in pages for one in page.images]
    except Exception as error:  # pypdf and Pillow fail in many ways on a damaged file
        raise BadInput(f"{pdf}: is no PDF that can be read ({error})") from error
    results = [image for image in images if image.size == (SIDE, SIDE)]
    names = {digest: name for name, digest in PICTURES.items()}
    found = {names.get(sha256(image.tobytes()).hexdigest(), names[None]): image for image in results}
    if len(results) != len(PICTURES) or set(found) != set(PICTURES):
        raise BadInput(f"{pdf}: is not the write-up as published: wanted its {len(PICTURES)} pictures of {SIDE}x{SIDE}")
    return found


def _decoded(one):
    """Decode an image of a PDF. pypdf compresses a JPEG a second time, so that is decoded from its own bytes."""
    if one.image.format != "JPEG":
        return one.image
    return Image.open(BytesIO(one.indirect_reference.get_object().get_data()))
