"""Fetching: an archive from the web (MiniPlaces unless told otherwise) -> a packed data set.

pooch keeps what was downloaded and checks its SHA-256. The transfer itself is ours, because half a gigabyte should
not start over when the connection drops: what has arrived stays in a file that ends in .part, and the next attempt,
or the next call, asks the server for the rest.
"""

import hashlib
import os
import posixpath
import re
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pooch
import requests

from colorlab import BadInput
from colorlab.archives import members
from colorlab.datasets import DATA, PACKED
from colorlab.packing import pack, refuse_to_overwrite
from colorlab.progress import Progress
from colorlab.sources import name_of

DOWNLOADS = DATA / "downloads"
MINIPLACES = "http://miniplaces.csail.mit.edu/data/data.tar.gz"
MINIPLACES_LABELS = "https://raw.githubusercontent.com/CSAILVision/miniplaces/master/data/"
ATTEMPTS = 4  # in a row without a byte, before the person is asked to try again later
WAIT = 1  # seconds before the second attempt; twice as long before each further one
TIMEOUT = 30  # seconds of silence after which a connection counts as dropped
CHUNK = 2**16  # bytes


def fetch(source: str = "miniplaces", output: Path | None = None, sha256: str | None = None) -> dict:
    """Download an archive of photographs, unless it is here already, and pack it; returns the header, see `pack`.

    source : "miniplaces", the http(s) address of a zip or tar, or a file on this machine.
    output : the folder of the data set; without it, data/packed/<name of the archive>.
    sha256 : what the archive's SHA-256 has to be, 64 hexadecimal digits. None is published for MiniPlaces; without
        one, the digest that was found is printed, for you to keep.

    Raises BadInput if the archive cannot be had, is not what `sha256` says, or cannot be packed.
    """
    if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise BadInput(f"'{sha256}' is not a SHA-256: wanted 64 hexadecimal digits")
    url = MINIPLACES if source == "miniplaces" else str(source)
    on_the_web = url.startswith(("http://", "https://"))
    name = "miniplaces" if url == MINIPLACES else name_of(_file_name(url) if on_the_web else url)
    output = Path(output or PACKED / name)
    refuse_to_overwrite(output)  # now, not after an hour of downloading

    if not on_the_web:
        return pack([_checked(Path(url), sha256)], output)
    if url != MINIPLACES:
        return pack([_archive_from(url, sha256)], output)
    labels = download(MINIPLACES_LABELS + "val.txt")
    download(MINIPLACES_LABELS + "categories.txt")  # lands beside val.txt, where pack looks for it
    return pack([_archive_from(url, sha256)], output, labels=labels)


def _archive_from(url, sha256):
    archive = download(url, sha256)
    try:
        next(members(archive), None)
    except BadInput as error:  # such as a page that says please log in: not to be taken for the archive again
        archive.unlink()
        raise BadInput(f"{url}: what it sends is deleted, wanted an archive of photographs ({error})") from error
    if not sha256:
        print(f"{archive} has the SHA-256 {pooch.file_hash(archive)}: keep it to check the next download with it.")
    return archive


def _checked(path, sha256):
    if sha256 and not path.is_file():
        raise BadInput(f"{path}: is no file, wanted one with the SHA-256 {sha256}")
    if sha256 and pooch.file_hash(path) != sha256.lower():
        raise BadInput(f"{path}: has the SHA-256 {pooch.file_hash(path)}, wanted {sha256.lower()}")
    return path


def download(url: str, sha256: str | None = None) -> Path:
    """The file at an address, in data/downloads: transferred if it is not there yet, or not what `sha256` says.

    Raises BadInput; what has arrived stays, and the next call goes on from there.
    """
    parts = _parts(url)
    # one folder for each place on the web: files of the same name do not meet
    place = hashlib.sha256(parts._replace(path=posixpath.dirname(parts.path)).geturl().encode()).hexdigest()
    file = DOWNLOADS / f"{parts.hostname}-{place[:8]}" / _file_name(url)
    pooch.get_logger().setLevel("WARNING")
    try:
        return Path(pooch.retrieve(url, sha256, file.name, file.parent, downloader=_resuming(file)))
    except requests.HTTPError as error:
        answer = f"{error.response.status_code} {error.response.reason}"
        raise BadInput(f"{url}: the server answers {answer}; is the address right?") from error
    except requests.RequestException as error:
        why = type(error).__name__
        raise BadInput(f"{url}: no connection ({why}); try again later, it goes on where it stopped") from error
    except OSError as error:
        why = f"cannot be written ({error.strerror or error}); mend that and try again"
        raise BadInput(f"{file.parent}: {why}, it goes on where it stopped") from error
    except ValueError as error:  # pooch: not the checksum that was wanted, and which it is
        raise BadInput(f"{url}: {str(error).split('. ')[0]}; it is deleted") from error


def _parts(url):
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadInput(f"{url} is not a web address ({error})") from None
    if not parts.hostname:
        raise BadInput(f"{url} is not a web address (it names no computer)")
    return parts


def _file_name(url):
    name = posixpath.basename(unquote(_parts(url).path))
    return name if name.strip(".") else "download"


def _resuming(file):
    """A downloader for pooch that keeps what has arrived in `file`.part and tries again on dropped connections."""
    part = file.with_name(file.name + ".part")

    def transfer(url, target, _):
        failures = 0
        while True:
            before = _size(part)
            try:
                _receive(url, part)
                break
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                failures = 1 if _size(part) > before else failures + 1
                if failures == ATTEMPTS:
                    raise
                time.sleep(WAIT * 2 ** (failures - 1))
        os.replace(part, target)
        _version_file(part).unlink(missing_ok=True)

    return transfer


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _version_file(part):
    return part.with_name(part.name + "-version")  # which version of the file the part is of: its ETag or date


def _receive(url, part):
    """Ask the server for what `part` lacks and append it. Raises requests' exceptions; what has arrived stays."""
    version = _version_file(part)
    start = _size(part)
    headers = {"Accept-Encoding": "identity"}  # lengths and ranges then count the bytes of the file itself
    if start:
        headers["Range"] = f"bytes={start}-"
        if _size(version):
            headers["If-Range"] = version.read_text()  # if it is another by now, send all of it

    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        span = answer.headers.get("Content-Range", "")  # bytes 500-999/1000, or bytes */1000 with status 416
        if answer.status_code == 416 and span == f"bytes */{start}":
            return  # all of it had arrived
        if answer.status_code == 416 or answer.status_code == 206 and not span.startswith(f"bytes {start}-"):
            part.unlink()
            raise requests.ConnectionError("the server sends another part than the one asked for")
        answer.raise_for_status()
        if answer.status_code != 206:  # it sends everything: there was nothing, or it knows no ranges
            start = 0
        total = span.rpartition("/")[2] if start else answer.headers.get("Content-Length", "")
        total = int(total) if total.isdecimal() else None
        bar = Progress(total=total, initial=start, desc=part.stem, unit="B", unit_scale=True)
        with bar, open(part, "ab" if start else "wb") as file:
            if not start:
                version.write_text(_version_of(answer.headers))
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
    if total is not None and _size(part) != total:
        raise requests.ConnectionError(f"{_size(part)} of {total} bytes have arrived")


def _version_of(headers):
    """What If-Range may name: a strong ETag, else the date. A weak ETag says "much the same", not "the same"."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
