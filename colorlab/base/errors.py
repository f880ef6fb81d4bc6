"""The exception for an input that the user can correct."""


class BadInput(ValueError):
    """An input that the user can correct.

    Its message is one sentence. It names the file or the field, and says what was found and what is wanted. The
    command line prints the message without a traceback. Any other exception is a bug and keeps its traceback.
    """
