"""Download an archive of photographs, MiniPlaces unless another is named, and pack it into a data set.

pooch keeps what was downloaded and checks its SHA-256. The transfer itself is ours, because half a gigabyte should
not start over when the connection drops. What has arrived stays in a file that ends in .part, and the next attempt
or the next call asks the server for the rest.
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

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA, PACKED
from colorlab.base.progress import Progress
from colorlab.data.archives import members
from colorlab.data.packing import pack, refuse_to_overwrite
from colorlab.data.splits import name_of

DOWNLOADS = DATA / "downloads"
MINIPLACES = "http://miniplaces.csail.mit.edu/data/data.tar.gz"
MINIPLACES_LABELS = "https://raw.githubusercontent.com/CSAILVision/miniplaces/master/data/"
ATTEMPTS = 4  # in a row in which no byte arrives, before it gives up
WAIT = 1  # seconds before the second attempt; doubled before each further one
TIMEOUT = 30  # seconds of silence after which a connection counts as dropped
CHUNK = 2**16  # bytes


def fetch(source: str = "miniplaces", output: Path | None = None, sha256: str | None = None) -> dict:
    """Download an archive of photographs, unless it is here already, and pack it. Returns the header, see `pack`.

    source : "miniplaces", the http(s) address of a zip or tar, or a file on this machine.
    output : the folder of the data set; by default data/packed/<name of the archive>.
    sha256 : the SHA-256 that the archive must have, 64 hexadecimal digits. None is published for MiniPlaces. Without
        it, the SHA-256 of a download is printed, so that you can keep it.

    Raises BadInput if the archive cannot be downloaded, does not have that SHA-256, or cannot be packed.
    """
    if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise BadInput(f"'{sha256}' is not a SHA-256: wanted 64 hexadecimal digits")
    url = MINIPLACES if source == "miniplaces" else str(source)
    on_the_web = url.startswith(("http://", "https://"))
    name = "miniplaces" if url == MINIPLACES else name_of(_file_name(url) if on_the_web else url)
    output = Path(output or PACKED / name)
    refuse_to_overwrite(output)  # before a download that may take an hour

    if not on_the_web:
        return pack([_checked(Path(url), sha256)], output)
    if url != MINIPLACES:
        return pack([_archive_from(url, sha256)], output)
    labels = download(MINIPLACES_LABELS + "val.txt")
    download(MINIPLACES_LABELS + "categories.txt")  # pack looks for it beside val.txt
    return pack([_archive_from(url, sha256)], output, labels=labels)


def _archive_from(url, sha256):
    archive = download(url, sha256)
    try:
        next(members(archive), None)
    except BadInput as error:  # such as a login page: the next call must not take it for the archive
        archive.unlink()
        raise BadInput(
            f"{url}: what the server sent is not an archive of photographs and was deleted ({error})"
        ) from error
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
    """Return the file in data/downloads of an address. Transfers it if it is missing or has another SHA-256.

    Raises BadInput. What has arrived stays, and the next call resumes from there.
    """
    parts = _parts(url)
    # each place on the web has its own folder, so that files of the same name do not collide
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
        raise BadInput(f"{url}: no connection ({why}); try again later, and the download resumes") from error
    except OSError as error:
        why = f"cannot be written ({error.strerror or error})"
        raise BadInput(f"{file.parent}: {why}; mend that and try again, and the download resumes") from error
    except ValueError as error:  # from pooch, for another checksum; it names both
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
    """A downloader for pooch that keeps what has arrived in `file`.part and tries again when the connection drops."""
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
    return part.with_name(part.name + "-version")  # holds the ETag or the date of the file that the part is of


def _receive(url, part):
    """Ask the server for what `part` lacks, and append it. Raises requests' exceptions; what has arrived stays."""
    version = _version_file(part)
    known = version.read_text("latin-1") if version.exists() else ""
    start = _size(part) if known.isprintable() and known == known.strip() else 0  # else the note is damaged
    headers = {"Accept-Encoding": "identity"}  # so that lengths and ranges count the bytes of the file itself
    if start:
        headers["Range"] = f"bytes={start}-"
        if known:
            headers["If-Range"] = known  # if the file has changed, the server sends all of it

    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        span = answer.headers.get("Content-Range", "")  # bytes 500-999/1000, or bytes */1000 with status 416
        if answer.status_code == 416 and span == f"bytes */{start}":
            return  # all of it has arrived already
        if answer.status_code == 416 or answer.status_code == 206 and not span.startswith(f"bytes {start}-"):
            part.unlink()
            raise requests.ConnectionError("the server sends another part than the one asked for")
        answer.raise_for_status()
        if answer.status_code != 206:  # it sends all: nothing had arrived, the file changed, or it knows no ranges
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
    """What If-Range may name: a strong ETag, else the date. A weak ETag only means "much the same"."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
