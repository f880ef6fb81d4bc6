"""The types of the options that say where a result goes. A place that cannot be is refused before any work."""

from pathlib import Path

import click

from colorlab.base.errors import BadInput
from colorlab.base.files import refuse_place


class Output(click.ParamType):
    """A path at which a file or a folder can be written."""

    def __init__(self, wanted):
        self.name = self.wanted = wanted

    def convert(self, value, param, ctx):
        refuse_place(value, self.wanted)
        return Path(value)


class Results(Output):
    """A folder for coloured photographs. A new one that is called like a photograph was meant as a file."""

    def __init__(self):
        super().__init__("folder")

    def convert(self, value, param, ctx):
        from colorlab.painting.sources import endings

        folder = super().convert(value, param, ctx)
        if folder.suffix.lower() in endings() and not folder.exists():
            raise BadInput(
                f"-o {folder} names a folder for the results, and this looks like a file: "
                "give a folder, for example -o colorized"
            )
        return folder


FILE, FOLDER, RESULTS = Output("file"), Output("folder"), Results()
