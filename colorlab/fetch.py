"""Fetching: an archive from the web (MiniPlaces unless told otherwise) -> a packed data set.

pooch keeps what was downloaded and checks its SHA-256. The transfer itself is ours, because an archive of half a
gigabyte should not start over when the connection drops: what has arrived stays in a file that ends in .part, and
the next attempt, or the next call, asks the server for the rest.
"""

import hashlib
import os
import re
import time
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pooch
import requests

from colorlab import BadInput
from colorlab.datasets import DATA, PACKED
from colorlab.packing import is_archive, name_of, pack, refuse_to_overwrite
from colorlab.progress import Progress

DOWNLOADS = DATA / "downloads"
MINIPLACES = "http://miniplaces.csail.mit.edu/data/data.tar.gz"
MINIPLACES_LABELS = "https://raw.githubusercontent.com/CSAILVision/miniplaces/master/data/"
ATTEMPTS = 5  # at one file, before the person is asked to try again later
WAIT = 2  # seconds before the second attempt; twice as long before each further one
TIMEOUT = 30  # seconds of silence after which a connection counts as dropped
CHUNK = 2**18  # bytes


def fetch(source: str = "miniplaces", output: Path | None = None, sha256: str | None = None) -> dict:
    """Download an archive of photographs, if it is not here already, and pack it; returns the header, see `pack`.

    source : "miniplaces", the http(s) address of a zip or tar, or a local file or folder.
    output : the folder of the data set; without it, data/packed/<name of the archive>.
    sha256 : what the archive's SHA-256 has to be, in 64 hexadecimal digits. None is published for MiniPlaces;
        without one, the digest that was found is printed, for you to keep.

    Raises BadInput if the archive cannot be had, is not what `sha256` says, or cannot be packed.
    """
    if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise BadInput(f"'{sha256}' is not a SHA-256: it has 64 hexadecimal digits")
    url = MINIPLACES if source == "miniplaces" else str(source)
    remote = url.startswith(("http://", "https://"))
    name = "miniplaces" if source == "miniplaces" else name_of(_file_name(url) if remote else url)
    output = Path(output or PACKED / name)
    refuse_to_overwrite(output)  # now, not after an hour of downloading

    labels = None
    if source == "miniplaces":
        labels = download(MINIPLACES_LABELS + "val.txt")
        download(MINIPLACES_LABELS + "categories.txt")
    archive = download(url, sha256) if remote else _checked(Path(url), sha256)
    if remote and not is_archive(archive):
        archive.unlink()
        raise BadInput(f"{url}: sends neither a zip nor a tar archive; look at it in a browser")
    if remote and not sha256:
        print(f"SHA-256 of {archive}: {pooch.file_hash(archive)} (keep it, and give it as sha256 next time)")
    return pack([archive], output, labels=labels)


def download(url: str, sha256: str | None = None) -> Path:
    """The file behind an address, in data/downloads; transferred only if it is not there, or is not what sha256 says.

    Raises BadInput; what has arrived stays, and the next call goes on from there.
    """
    # One folder for each place on the web, so that val.txt and categories.txt lie beside each other.
    place = f"{urlsplit(url).hostname}-{hashlib.sha256(url.rpartition('/')[0].encode()).hexdigest()[:8]}"
    file = DOWNLOADS / place / _file_name(url)
    try:
        return Path(pooch.retrieve(url, sha256, file.name, file.parent, downloader=_transfer_to(file)))
    except BadInput:
        raise
    except ValueError as error:  # pooch: the wrong checksum
        raise BadInput(f"{url}: {error}") from error
    except requests.RequestException as error:
        ...


def _file_name(url):
    return PurePosixPath(unquote(urlsplit(url).path)).name or "download"
