"""colorlab: the package behind the course. Each file is one idea; the README says in which order to read them."""

__version__ = "0.1.0"


class BadInput(ValueError):
    """Something the person at the keyboard can mend.

    Its message is one sentence that names the file or field, says what was found and what is wanted. The command
    line prints it without a traceback; anything else that goes wrong is a bug and keeps its traceback.
    """
