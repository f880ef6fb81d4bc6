"""colorlab: the package behind the course. Each file is one idea; the README says in which order to read them."""

from pathlib import Path

__version__ = "0.1.0"


class BadInput(ValueError):
    """Something the person at the keyboard can mend.

    Its message is one sentence that names the file or field, says what was found and what is wanted. The command
    line prints it without a traceback; anything else that goes wrong is a bug and keeps its traceback.
    """


# Where data/ and runs/ lie: the checkout; for a package installed without one, the folder one works in.
_CHECKOUT = Path(__file__).parents[1]
ROOT = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()
