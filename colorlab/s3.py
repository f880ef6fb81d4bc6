"""Notebooks on Amazon S3, through papermill's own reader and writer (the extra `cloud`).

Keys, region and endpoint are those of the standard AWS environment variables and files, which boto3 reads.
"""

import re
from contextlib import contextmanager

from papermill import iorw

from colorlab import BadInput

SCHEME = "s3://"
ADDRESS = re.compile(r"s3://([^/]+)/(.*[^/])?\.ipynb")


def is_on_s3(path) -> bool:
    return str(path).lower().startswith(SCHEME)


def read(address: str) -> str:
    """The text of an object. Raises BadInput if it cannot be read."""
    with _one_sentence(address, "read"):
        return iorw.papermill_io.read(address)


def write(text: str, address: str) -> None:
    """Write an object, which S3 replaces whole or not at all. Raises BadInput if it cannot be written."""
    with _one_sentence(address, "written"):
        iorw.papermill_io.write(text, address)


def reach(address: str) -> None:
    """Raises BadInput if the bucket isn't there for us: to be known before a long work whose result shall go there."""
    with _one_sentence(address, "written"):
        iorw.S3().client.head_bucket(Bucket=ADDRESS.fullmatch(address)[1])


@contextmanager
def _one_sentence(address, done):
    if not ADDRESS.fullmatch(address):
        raise BadInput(f"{address} is not the address of a notebook on S3: write s3://bucket/folder/name.ipynb")
    try:
        yield
    except Exception as error:  # of papermill, boto3, its transfer and its network, each with classes of its own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"{address} cannot be {done} ({reason}): look at the address and at your AWS settings") from None
