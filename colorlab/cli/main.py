"""The command `colorlab`. The functions of its commands are in the files beside this one.

They import what they need when they are called, so that `colorlab --help`, a wrong argument and a missing file are
answered at once, without Keras.
"""

import click

from colorlab import __version__
from colorlab.cli.colorize import colorize, scribble, segment
from colorlab.cli.course import report, run
from colorlab.cli.data import data
from colorlab.cli.messages import OneSentence
from colorlab.cli.train import evaluate, export, search, train


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="colorlab")
def main():
    """colorlab: rebuild, train and use a small image-colorization network."""


for command in (colorize, scribble, segment, train, search, evaluate, export, data, run, report):
    main.add_command(command)
