"""Commands that pack photographs into data sets, download them, and describe them."""

from pathlib import Path

import click

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA, PACKED
from colorlab.cli.outputs import FOLDER


@click.group()
def data():
    """Make data sets of photographs, and describe them."""


@data.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SOURCE...")
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    metavar="FOLDER",
    help="The data set.  [default: data/packed/ and the name of the first source]",
)
@click.option(
    "--size",
    type=click.IntRange(128, 1024),  # 3 MB a photograph
    default=128,
    show_default=True,
    help="Pixels a side, 1,024 at most. More than 128 leave room for random crops.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    metavar="val.txt",
    help="The labels of the official MiniPlaces, if they are not beside the archive.",
)
def pack(sources, output, size, labels):
    """Pack folders, zips and tars of photographs into one data set."""
    from colorlab.data import packing
    from colorlab.data.splits import name_of

    output = output or PACKED / name_of(sources[0])
    click.echo(packing.describe(packing.pack(sources, output, size, labels)))
    click.echo(_how_to_use(output))


@data.command()
@click.argument("source", default="miniplaces")
@click.option(
    "-o",
    "--output",
    type=FOLDER,
    metavar="FOLDER",
    help="The data set.  [default: data/packed/ and the name of the archive]",
)
@click.option("--sha256", metavar="HEX", help="The SHA-256 that the archive must have.")
def fetch(source, output, sha256):
    """Download SOURCE and pack it: a web address, or miniplaces. An interrupted download resumes.

    With `write-up` as SOURCE, download the write-up's PDF and take out its four result pictures, for notebook 11.
    """
    from colorlab.data import fetch, packing, write_up

    if source == "write-up":
        if output or sha256:
            raise BadInput("write-up: has a folder and a SHA-256 of its own; leave out -o and --sha256")
        click.echo(f"{write_up.fetch_pictures()} has the four pictures: execute notebook 11 to see them")
        return
    header = fetch.fetch(source, output, sha256)
    click.echo(packing.describe(header))
    click.echo(_how_to_use(output or PACKED / header["name"]))


@data.command()
@click.argument("dataset")
@click.option("--verify", is_flag=True, help="Read all of it, and compare its SHA-256 with the one that was recorded.")
def info(dataset, verify):
    """Describe DATASET: a packed folder, the name of one in data/packed, or pocket, which ships."""
    from colorlab.data import datasets, packing

    header, folder = datasets.header_of(dataset, verify)
    place = f"{sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.1f} MB in {folder}"
    if folder == DATA / "pocket":
        place = f"ships with colorlab in {folder}, packed in memory when it is used"
    click.echo("\n\n".join([packing.describe(header), packing.class_table(header), place]))
    if verify:
        click.echo("Every photograph was read: the SHA-256 is right.")


def _how_to_use(folder):
    name = folder.name if folder.resolve().parent == PACKED else folder
    return f'{folder} is complete: use it with `colorlab evaluate {name}`, or datasets.load("{name}") in a notebook'
