"""Commands that colour photographs: colorize by a network, scribble by strokes, segment by segments."""

import sys
from pathlib import Path

import click

from colorlab.base.errors import BadInput
from colorlab.cli.messages import shown
from colorlab.cli.networks import network_of, takes_network
from colorlab.cli.outputs import FILE, RESULTS
from colorlab.networks.pretrained import NETWORKS


class Factor(click.FloatRange):
    """A range of numbers. click takes it that "not a number" lies in every range."""

    def convert(self, value, param, ctx):
        number = super().convert(value, param, ctx)
        return self.fail(f"{value!r} is no number.", param, ctx) if number != number else number


RESULT = click.option("-o", "--output", "target", required=True, metavar="FILE", type=FILE, help="The result.")
SATURATIONS = "; ".join(f"{network.saturation:g} for {network.name}" for network in NETWORKS.values())


@click.command()
@click.argument(
    "photographs", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="PHOTO..."
)
@click.option(
    "-o",
    "--output",
    "folder",
    default="colorized",
    show_default=True,
    metavar="FOLDER",
    type=RESULTS,
    help="Where the results go.",
)
@takes_network
@click.option(
    "--saturation",
    type=Factor(0, 4),
    metavar="FACTOR",
    help="How many times stronger than predicted the colours become; 1 keeps them as predicted.  "
    f"[default: {SATURATIONS}]",
)
@click.option("--native", is_flag=True, help="Let the network see up to 512 pixels instead of a 128x128 copy.")
@click.option(
    "--style",
    metavar="PHOTO",
    type=click.Path(path_type=Path),
    help="A photograph whose mood is taken over: its global features.",
)
@click.option("--recursive", is_flag=True, help="Also colour the photographs in sub-folders of a folder.")
@click.option("--overwrite", is_flag=True, help="Colour again what an earlier call has coloured in the same way.")
def colorize(photographs, folder, weights, look, style, recursive, device, **how):
    """Colour photographs of any format and size, or folders of them. They keep all their detail."""
    from tqdm import tqdm

    from colorlab.data.photographs import read_photograph
    from colorlab.painting.files import colorize_files
    from colorlab.painting.sources import found, refusal

    network = network_of(weights, look, device)
    how["style"] = read_photograph(style) if style else None
    sources = found(photographs, folder, recursive)
    refused = {source: why for source in sources if (why := refusal(source))}
    for why in refused.values():
        click.echo(f"Error: {shown(why)}", err=True)
    photographs = [source for source in sources if source not in refused]
    if photographs:
        click.echo(f"weights: {network.weights}", err=True)
    if photographs and network.weights.name.endswith(".weights.h5"):
        click.echo(f"`colorlab export {weights} -o network.onnx` writes a file that starts in a second", err=True)
    failures, kept = len(refused), []
    try:
        for photograph, result in colorize_files(photographs, folder, network, kept=kept, **how):
            if isinstance(result, BadInput):
                failures += 1
                tqdm.write(f"Error: {shown(result)}", file=sys.stderr)  # print would write into the progress bar
            else:
                tqdm.write(shown(f"{photograph} -> {result}"))
    finally:  # after Ctrl-C, too
        if kept:
            tqdm.write(_of_the_kept(len(kept), len(photographs)), file=sys.stderr)
    if failures:
        _fail(failures, sources)


def _of_the_kept(count, total):
    were, are, them = ("was", "is", "it") if count == 1 else ("were", "are", "them")
    return f"{count} of {total} {were} coloured before and {are} kept; --overwrite colours {them} again"


def _fail(failures, sources):
    """End with the status of an error. If more than one thing was named, say how many of them failed."""
    if len(sources) == 1:  # the sentence about it is enough
        raise SystemExit(1)
    what = "photographs and folders" if any(source.why for source in sources) else "photographs"
    raise click.ClickException(f"{failures} of {len(sources)} {what} could not be coloured")


@click.command()
@click.argument("photograph", type=click.Path(path_type=Path), metavar="PHOTO")
@click.argument("scribbles", type=click.Path(path_type=Path), metavar="SCRIBBLES")
@RESULT
@click.option(
    "--hints/--no-hints",
    default=False,
    show_default=True,
    help="Far from the strokes, use the colours of the network.",
)
@takes_network
def scribble(photograph, scribbles, target, hints, weights, look, device):
    """Colour PHOTO by SCRIBBLES. They are a PNG of its size: strokes of colour on a transparent layer."""
    from colorlab.data.photographs import read_photograph
    from colorlab.painting.files import read, refuse_target, write
    from colorlab.painting.scribbles import scribble

    if (weights or look or device != "cpu") and not hints:
        raise BadInput("--weights, --look and --device are of the network that --hints asks: give --hints too")
    refuse_target(target)
    network = network_of(weights, look, device) if hints else None
    original, strokes = read(photograph), read_photograph(scribbles)
    write(scribble(original, strokes, network), original, target)
    click.echo(shown(f"{photograph} -> {target}"))


@click.command()
@click.argument("photograph", type=click.Path(path_type=Path), metavar="PHOTO")
@RESULT
@click.option("--palette", required=True, metavar='"#RRGGBB,…"', help="Darker segments get darker colours.")
@click.option("--segments", type=int, metavar="N", help="How many at most.  [default: as many as colours]")
@click.option(
    "--method",
    type=click.Choice(["otsu", "kmeans", "slic"]),
    default="kmeans",
    show_default=True,
    help="Thresholds, clusters, or superpixels.",
)
def segment(photograph, target, palette, segments, method):
    """Colour PHOTO by its segments. Lightness decides the segments, and each gets a colour of the palette."""
    from colorlab.painting.files import read, refuse_target, write
    from colorlab.painting.segments import palette_of, tint

    refuse_target(target)
    colors, original = palette_of(palette), read(photograph)
    write(tint(original, len(colors) if segments is None else segments, colors, method), original, target)
    click.echo(shown(f"{photograph} -> {target}"))
