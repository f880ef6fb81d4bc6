"""Messages of the command line when something is wrong or was stopped: one sentence, no traceback."""

import errno
import logging
import re
import sys
import warnings

import click

from colorlab.base.errors import BadInput

# What the system says of a place that somebody has named, and that no program can mend.
OF_THE_SYSTEM = {errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.EROFS}
OF_THE_SYSTEM |= {errno.ENOSPC, errno.EDQUOT, errno.EIO}


class OneSentence(click.Group):
    """A group whose commands answer bad input with one sentence instead of a traceback."""

    def invoke(self, ctx):
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a name that the terminal's encoding cannot show
        with warnings.catch_warnings():
            # Pillow warns of a large photograph, and refuses one that is twice as large. The refusal is enough.
            warnings.filterwarnings("ignore", message="Image size .* could be decompression bomb")
            warnings.filterwarnings("ignore", module="PIL")  # and it remarks on odd metadata, which we report ourselves
            logging.getLogger("PIL").addHandler(logging.NullHandler())  # or what it logs goes to the standard error
            warnings.showwarning = _one_line
            try:
                return super().invoke(ctx)
            except BadInput as error:
                raise click.ClickException(shown(error)) from None
            except ModuleNotFoundError as error:
                if (error.name or "colorlab").startswith("colorlab"):
                    raise
                raise click.ClickException(
                    f'this needs the package {error.name}: pip install ".[course,cpu]" (or ".[course,gpu]") '
                    "in the project's folder brings it"
                ) from None
            except OSError as error:
                if error.errno not in OF_THE_SYSTEM or error.filename is None:
                    raise
                where = shown(f"{error.filename!s:.100}")
                raise click.ClickException(f"{where}: {error.strerror}; give another place") from None
            except KeyboardInterrupt as stop:
                end(stop, "Stopped.")


def shown(message) -> str:
    r"""A message as it is shown. What a file's name may hold to command a terminal is written out, as \x1b."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda found: repr(found[0])[1:-1], str(message))


def _one_line(message, category, *rest, usual=warnings.showwarning):
    """Show a warning of colorlab as one line, without the line of the program that raised it."""
    if category is UserWarning:
        click.echo(f"Warning: {shown(message)}", err=True)
    else:
        usual(message, category, *rest)


def end(stop: BaseException, message: str) -> None:
    """Print the message, and exit with the usual status: 130 after Ctrl-C, 143 after SIGTERM."""
    click.echo(message, err=True)
    raise SystemExit(getattr(stop, "code", 130))
