"""The types of the options that say where a result goes. A place that cannot be is refused before any work."""

from pathlib import Path

import click

from colorlab.base.files import refuse_place


class Output(click.ParamType):
    """A path at which a file or a folder can be written."""

    def __init__(self, wanted):
        self.name = self.wanted = wanted

    def convert(self, value, param, ctx):
        refuse_place(value, self.wanted)
        return Path(value)


FILE, FOLDER = Output("file"), Output("folder")
