"""The command line: one thin function a command; what they do lives in the other files.

Heavy imports (Keras, papermill) stand inside the commands, so that `colorlab --help` answers at once.
"""

from pathlib import Path

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


@main.command()
@click.argument("notebook")
@click.option("--profile", type=click.Choice(["smoke", "cpu", "gpu"]), help="Without: the notebook's values.")
@click.option("-p", "overrides", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter; repeats.")
@click.option("-o", "--out", metavar="FOLDER|FILE.ipynb", help="Without: runs/course.")
@click.option("--prepare-only", is_flag=True, help="Write the parameters into the notebook, execute nothing.")
def run(notebook, profile, overrides, out, prepare_only):
    """Execute NOTEBOOK: a path, or a notebook of the course by its name or number (09)."""
    import signal
    import sys

    from colorlab import notebooks

    # Unhandled, SIGTERM would leave the result half-written; this way it ends as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    work = notebooks.prepare if prepare_only else notebooks.run
    try:
        click.echo(work(notebook, profile, overrides, out or notebooks.EXECUTED))
    except (KeyboardInterrupt, SystemExit) as stop:
        click.echo("Stopped. The same command starts again; training goes on from its checkpoint.", err=True)
        sys.exit(getattr(stop, "code", 128 + signal.SIGINT))


@main.command()
@click.argument("photographs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PHOTO...")
@click.option("-o", "--output", "folder", default="colorized", show_default=True, metavar="FOLDER",
              type=click.Path(path_type=Path), help="Where the results go.")
@click.option("--weights", "where", metavar="FILE_OR_RUN",
              help="A weights file or a run folder.  [default: what ships, else the latest run]")
def colorize(photographs, folder, where):
    """Colour photographs of any format and size, keeping every pixel of their detail."""
    from colorlab import weights
    from colorlab.colorize import colorize_files
    from colorlab.runs import RUNS

    found = weights.find(where, RUNS)
    click.echo(f"weights: {found}", err=True)
    model, _ = weights.load(found)
    failures = 0
    for photograph, result in colorize_files(list(photographs), folder, model):
        if isinstance(result, BadInput):
            failures += 1
            click.echo(f"Error: {result}", err=True)
        else:
            click.echo(f"{photograph} -> {result}")
    if failures:
        raise click.ClickException(f"{failures} of {len(photographs)} photographs could not be coloured")


@main.command()
@click.argument("dataset")
@click.option("--weights", "where", metavar="FILE_OR_RUN", help="A weights file or a run folder.")
@click.option("--split", default="val", show_default=True, help="Which photographs to measure on.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.json", help="Also write the numbers here.")
def evaluate(dataset, where, split, output):
    """Measure a colorizer on DATASET, beside predicting grey and predicting the mean colour."""
    from colorlab import datasets, evaluation, weights
    from colorlab.runs import RUNS

    found = weights.find(where, RUNS)
    model, scenes = weights.load(found)
    whole = datasets.load(dataset)
    mean_from = whole.split("train") if "train" in whole.splits else None
    result = evaluation.evaluate(whole.split(split), model, scenes, mean_from)
    result["weights"] = str(found)
    click.echo(evaluation.table(result))
    if output:
        evaluation.write(result, output)
