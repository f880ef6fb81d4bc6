"""The command line: one thin function a command; what they do lives in the other files.

Heavy imports (Keras, papermill) stand inside the commands, so that `colorlab --help` answers at once.
"""

import click

from colorlab import BadInput, __version__


class OneSentence(click.Group):
    """A group whose commands answer bad input with one sentence instead of a traceback."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except BadInput as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="colorlab")
def main():
    """colorlab: rebuild, train and use a small image-colorization network."""
