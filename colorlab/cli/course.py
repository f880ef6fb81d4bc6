"""Commands that execute the course's notebooks and build the report."""

import signal
import sys
from pathlib import Path

import click

from colorlab.base.errors import BadInput
from colorlab.cli.messages import end
from colorlab.cli.outputs import FILE


@click.command()
@click.argument("notebook")
@click.option("--profile", type=click.Choice(["smoke", "cpu", "gpu"]), help="Parameters that all notebooks share.")
@click.option("-p", "overrides", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter. Can be repeated.")
@click.option("-o", "--output", "out", metavar="FOLDER|FILE.ipynb", help="The result. Can be s3://…, too.")
@click.option("--prepare-only", is_flag=True, help="Only write the parameters into the notebook; execute nothing.")
def run(notebook, profile, overrides, out, prepare_only):
    """Execute NOTEBOOK. It is a path, s3://…, or the name or number (09) of a notebook of the course.

    Without -o the result goes to runs/course; with --profile it goes to runs/PROFILE, and with -p to runs/own.
    """
    from colorlab.course import runner, s3

    def exit_with_status(number, frame):
        signal.signal(number, signal.SIG_IGN)  # a second signal must not disturb the end
        sys.exit(128 + number)

    # Without a handler, SIGTERM would leave a half-written result. With it, the run ends as after Ctrl-C.
    signal.signal(signal.SIGTERM, exit_with_status)
    place = s3 if s3.is_on_s3(notebook) or s3.is_on_s3(out) else runner
    work = place.prepare if prepare_only else place.run
    try:
        click.echo(work(notebook, profile, overrides, out))
    except (KeyboardInterrupt, SystemExit) as stop:
        end(stop, "Stopped. The same command starts again; a training resumes from its checkpoint.")


@click.command()
@click.option("--figure", metavar="NAME", help="Draw only this figure, for example alpha_sweep.")
@click.option("--runs", type=click.Path(path_type=Path), metavar="FOLDER", help="Report your own runs in this folder.")
@click.option("--name", metavar="NAME", help="With --runs: the name of their author.  [default: your user name]")
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FILE",
    help="The file of the result.  [default: report/report.pdf; runs.pdf with --runs; NAME.png with --figure]",
)
def report(figure, runs, name, output):
    """Build the report, or draw one of its figures. Both come from the committed records."""
    if name and not runs:
        raise BadInput("--name says whose runs they are: give it with --runs, or leave it out")
    if figure and runs:
        raise BadInput("--figure draws from the committed records, --runs reports yours: give only one of the two")
    import getpass

    import matplotlib

    matplotlib.use("agg")  # never opens a window
    from colorlab.base.paths import REPORT
    from colorlab.reporting import report

    missing = []
    if figure:
        output = output or Path(f"{figure}.png")
        report.draw(figure, output)
    elif runs:
        output = output or Path("runs.pdf")
        missing = report.build_own(output, runs, name or getpass.getuser())
    else:
        output = output or REPORT / "report.pdf"
        missing = report.build(output)
    for one in missing:
        click.echo(f"left out: {one}", err=True)
    click.echo(output)
