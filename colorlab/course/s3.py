"""Notebooks on Amazon S3, through papermill's own reader and writer (the extra `cloud`).

`prepare` and `run` do what those of runner.py do, for a notebook or a result on S3. A notebook on S3 is copied to this
machine and runs in the folder of the course. A result is made in runs/s3 and copied to S3 when it is complete.

boto3 reads keys, region and endpoint from AWS's standard environment variables and files.
"""

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path

from colorlab.base.errors import BadInput
from colorlab.base.paths import NOTEBOOKS, RUNS
from colorlab.course import notebook as notebooks
from colorlab.course import runner

SCHEME = "s3://"
ADDRESS = re.compile(r"s3://([^/]+)/(.*[^/])?\.ipynb")


def is_on_s3(path) -> bool:
    return str(path).lower().startswith(SCHEME)


def prepare(notebook, profile: str | None = None, overrides=(), out=None) -> Path | str:
    """Do as runner.prepare. Raises BadInput also if S3 cannot be read or written."""
    with _here(notebook) as (path, _):
        if not is_on_s3(out):
            return runner.prepare(path, profile, overrides, out)
        out = _address(out, path.name)
        with tempfile.TemporaryDirectory() as folder:
            write(runner.prepare(path, profile, overrides, folder).read_text("utf-8"), out)
        return out


def run(notebook, profile: str | None = None, overrides=(), out=None) -> Path | str:
    """Do as runner.run. After an error or a stop, the notebook with what ran is copied to S3, too.

    Raises BadInput also if S3 cannot be read or written; where possible before the notebook runs.
    """
    with _here(notebook) as (path, folder):
        if not is_on_s3(out):
            return runner.run(path, profile, overrides, out, folder)
        out = _address(out, path.name)
        reach(out)
        here = RUNS / "s3" / out.removeprefix(SCHEME)
        failed = runner.beside(here, "failed")
        failed.unlink(missing_ok=True)  # of an earlier run
        try:
            runner.run(path, profile, overrides, here, folder)
        except BaseException as error:
            if not failed.exists():
                raise
            copied = _copied(failed, f"{out.removesuffix('.ipynb')}.failed.ipynb")
            if isinstance(error, BadInput):
                raise BadInput(f"{error}, {copied}") from None
            raise
        try:
            write(here.read_text("utf-8"), out)
        except BadInput as unwritten:
            raise BadInput(f"{unwritten}; the result is in {here}") from None
        return out


@contextmanager
def _here(notebook):
    """Give the notebook as a file on this machine, and the folder that it runs in; None stands for its own folder."""
    if not is_on_s3(notebook):
        yield notebooks.find(notebook), None
        return
    text = read(notebook)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / Path(notebook).name
        file.write_text(text, "utf-8")
        try:
            notebooks.read(file)
        except BadInput as error:
            raise BadInput(str(error).replace(str(file), notebook)) from None
        yield file, NOTEBOOKS


def _address(out, name):
    """Return the address of the result. `out` is that address, or a folder."""
    return out if out.endswith(".ipynb") else f"{out.rstrip('/')}/{name}"


def _copied(file, address):
    """Copy a failed notebook to S3. Return in words where it is, or why it could not be copied."""
    try:
        write(file.read_text("utf-8"), address)
        return f"and in {address}"
    except BadInput as unwritten:
        return f"but {unwritten}"


def read(address: str) -> str:
    """Return the text of an object on S3. Raises BadInput if it cannot be read."""
    with _one_sentence(address, "read") as iorw:
        return iorw.papermill_io.read(address)


def write(text: str, address: str) -> None:
    """Write an object to S3, which replaces all of it or nothing. Raises BadInput if it cannot be written."""
    with _one_sentence(address, "written") as iorw:
        iorw.papermill_io.write(text, address)


def reach(address: str) -> None:
    """Raise BadInput if we cannot reach the bucket. Called before a long run, whose result would be lost."""
    with _one_sentence(address, "written") as iorw:
        iorw.S3().client.head_bucket(Bucket=ADDRESS.fullmatch(address)[1])


@contextmanager
def _one_sentence(address, done):
    """Give papermill's reader and writer. Turn what they raise into BadInput, in one sentence."""
    if not ADDRESS.fullmatch(address):
        raise BadInput(f"{address} is not the address of a notebook on S3: write s3://bucket/folder/name.ipynb")
    from papermill import iorw

    try:
        yield iorw
    except Exception as error:  # papermill, boto3, s3transfer and urllib3 raise classes of their own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"{address} cannot be {done} ({reason}): look at the address and at your AWS settings") from None
