"""The command line: one thin function a command; what they do lives in the other files.

Heavy imports (Keras, papermill) stand inside the commands, so that `colorlab --help` answers at once.
"""

import warnings
from pathlib import Path

import click

from colorlab import BadInput, __version__


def _one_line(message, category, *rest, usual=warnings.showwarning):
    """Show what we warn of without the line of the program it comes from."""
    if category is UserWarning:
        click.echo(f"Warning: {message}", err=True)
    else:
        usual(message, category, *rest)


class OneSentence(click.Group):
    """A group whose commands answer bad input with one sentence instead of a traceback."""

    def invoke(self, ctx):
        warnings.showwarning = _one_line
        try:
            return super().invoke(ctx)
        except BadInput as error:
            raise click.ClickException(str(error)) from None
        except KeyboardInterrupt as stop:
            _end(stop, "Stopped.")


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="colorlab")
def main():
    """colorlab: rebuild, train and use a small image-colorization network."""


@main.command()
@click.argument("notebook")
@click.option("--profile", type=click.Choice(["smoke", "cpu", "gpu"]), help="Without: the notebook's values.")
@click.option("-p", "overrides", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter; repeats.")
@click.option("-o", "--output", "out", metavar="FOLDER|FILE.ipynb", help="Also s3://…  Without: see above.")
@click.option("--prepare-only", is_flag=True, help="Write the parameters into the notebook, execute nothing.")
def run(notebook, profile, overrides, out, prepare_only):
    """Execute NOTEBOOK: a path, s3://…, or a notebook of the course by its name or number (09).

    Without -o the result goes to runs/course, with a profile to runs/PROFILE, with other parameters to runs/own.
    """
    import signal
    import sys

    from colorlab import notebooks

    def end(number, frame):
        signal.signal(number, signal.SIG_IGN)  # a second one must not disturb the ending
        sys.exit(128 + number)

    # Unhandled, SIGTERM would leave the result half-written; this way it ends as Ctrl-C does.
    signal.signal(signal.SIGTERM, end)
    work = notebooks.prepare if prepare_only else notebooks.run
    try:
        click.echo(work(notebook, profile, overrides, out))
    except (KeyboardInterrupt, SystemExit) as stop:
        _end(stop, "Stopped. The same command starts again; training goes on from its checkpoint.")


@main.command()
@click.argument("photographs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PHOTO...")
@click.option(
    "-o",
    "--output",
    "folder",
    default="colorized",
    show_default=True,
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the results go.",
)
@click.option(
    "--weights",
    "where",
    metavar="FILE_OR_RUN",
    help="A weights file or a run folder.  [default: what ships]",
)
@click.option(
    "--saturation",
    type=click.FloatRange(0, 4),
    metavar="FACTOR",
    help="How much stronger than predicted the colours are made; 1 is the network's own answer.  "
    "[default: 1.4; of vivid and iizuka 1.2]",
)
@click.option(
    "--look",
    type=click.Choice(["places", "vivid", "iizuka"]),
    help="Of the networks that ship: the usual one, one with more vivid colours, or a small copy of the original.  "
    "[default: places]",
)
@click.option("--native", is_flag=True, help="Let the network see up to 512 pixels instead of a 128x128 copy.")
@click.option(
    "--style",
    metavar="PHOTO",
    type=click.Path(path_type=Path),
    help="A photograph that lends its mood: global features.",
)
def colorize(photographs, folder, where, look, saturation, native, style):
    """Colour photographs of any format and size, keeping every pixel of their detail."""
    import sys

    from tqdm import tqdm

    from colorlab import weights
    from colorlab.colorize import colorize_files
    from colorlab.packing import IMAGE_SIZE
    from colorlab.photographs import read_photograph
    from colorlab.runs import find_weights

    if where and look:
        raise BadInput("--look is one of the networks that ship, --weights another: give only one of the two")
    lent = read_photograph(style).resize((IMAGE_SIZE, IMAGE_SIZE), reducing_gap=3.0) if style else None
    how = {"native": native, "style": lent}
    found = find_weights(where, look or "places")
    click.echo(f"weights: {found}", err=True)
    model, _ = weights.load(found)
    failures = 0
    for photograph, result in colorize_files(list(photographs), folder, model, saturation, **how):
        if isinstance(result, BadInput):
            failures += 1
            tqdm.write(f"Error: {result}", file=sys.stderr)  # not into the middle of the progress bar
        else:
            tqdm.write(f"{photograph} -> {result}")
    if failures:
        raise click.ClickException(f"{failures} of {len(photographs)} photographs could not be coloured")


result_file = click.option(
    "-o",
    "--output",
    "target",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the result goes.",
)


@main.command()
@click.argument("photograph", type=click.Path(path_type=Path), metavar="PHOTO")
@click.argument("scribbles", type=click.Path(path_type=Path), metavar="SCRIBBLES")
@result_file
@click.option(
    "--hints/--no-hints",
    default=False,
    show_default=True,
    help="Far from the strokes, take the colours of the network.",
)
@click.option("--weights", "where", metavar="FILE_OR_RUN", help="With --hints: whose colours.  [default: what ships]")
def scribble(photograph, scribbles, target, hints, where):
    """Colour PHOTO by SCRIBBLES: strokes of colour on a transparent layer of its size, saved alone as PNG."""
    from colorlab.colorize import write
    from colorlab.photographs import read_photograph
    from colorlab.scribbles import scribble

    if where and not hints:
        raise BadInput("--weights says whose colours the hints are: give it with --hints, or leave it out")
    original, strokes = read_photograph(photograph), read_photograph(scribbles)
    model = None
    if hints:
        from colorlab import weights
        from colorlab.runs import find_weights

        model, _ = weights.load(find_weights(where))
    write(scribble(original, strokes, model), original, target)
    click.echo(f"{photograph} -> {target}")


@main.command()
@click.argument("photograph", type=click.Path(path_type=Path), metavar="PHOTO")
@result_file
@click.option("--palette", required=True, metavar='"#RRGGBB,…"', help="The darkest segments take its darkest colours.")
@click.option("--segments", type=int, metavar="N", help="How many, at most.  [default: as many as colours]")
@click.option(
    "--method",
    type=click.Choice(["otsu", "kmeans", "slic"]),
    default="kmeans",
    show_default=True,
    help="Thresholds, clusters, or superpixels.",
)
def segment(photograph, target, palette, segments, method):
    """Colour PHOTO the older way: cut into segments by its lightness, one colour of a palette for each."""
    from colorlab.colorize import write
    from colorlab.photographs import read_photograph
    from colorlab.segments import palette_of, tint

    colours, original = palette_of(palette), read_photograph(photograph)
    write(tint(original, len(colours) if segments is None else segments, colours, method), original, target)
    click.echo(f"{photograph} -> {target}")


@main.command()
@click.argument("dataset")
@click.option(
    "--weights", "where", metavar="FILE_OR_RUN", help="A weights file or a run folder.  [default: what ships]"
)
@click.option("--split", help="Which photographs to measure on.  [default: test where there is one, else val]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="Where the numbers go.  [default: metrics_DATASET_SPLIT.json in the run folder, or in runs/]",
)
@click.option(
    "--saturation",
    "saturations",
    type=click.FloatRange(0, 4),
    multiple=True,
    metavar="FACTOR",
    help="Measure colours so much stronger than predicted, too; repeats.",
)
def evaluate(dataset, where, split, output, saturations):
    """Measure a colorizer on DATASET, beside predicting grey and predicting the mean colour."""
    from colorlab import datasets, evaluation, weights
    from colorlab.runs import RUNS, SHIPPED, find_weights

    found = find_weights(where)
    model, scenes = weights.load(found)
    whole = datasets.load(dataset)
    mean_from = whole.split("train") if "train" in whole.splits else None
    split = split or ("test" if "test" in whole.splits else "val")
    click.echo(f"weights: {found}", err=True)
    result = evaluation.evaluate(whole.split(split), model, scenes, mean_from, saturations)
    result["weights"] = str(found)
    beside = RUNS if found.resolve().parent == SHIPPED.resolve() else found.parent
    output = output or beside / f"metrics_{result['dataset'].replace('/', '_')}.json"
    click.echo(evaluation.table(result))
    evaluation.write(result, output)
    click.echo(f"as JSON: {output}")


@main.command()
@click.argument("recipe")
@click.option("--dataset", default="miniplaces", show_default=True, metavar="DATASET", help="What it learns from.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FOLDER", help="The run folder.  [default: runs/RECIPE]"
)
@click.option("--tensorboard", is_flag=True, help="Keep TensorBoard's logs in the run folder, too.")
def train(recipe, dataset, output, tensorboard):
    """Train a network by RECIPE; the same command goes on where it was stopped.

    places is the one of the weights that ship, vivid what their other look adds to them, iizuka the original network.
    """
    from colorlab import checkpoints, datasets, machines, training
    from colorlab.recipe import RECIPES
    from colorlab.runs import RUNS

    if recipe not in RECIPES:
        raise BadInput(f"there is no recipe '{recipe}', only: {', '.join(RECIPES)}")
    photographs, chosen, folder = datasets.load(dataset), RECIPES[recipe], output or RUNS / recipe
    network = {"network": training.NETWORKS[recipe]} if recipe in training.NETWORKS else {}
    done = checkpoints.reached(folder)
    per_epoch, _ = chosen.steps(len(datasets.coloured_of(photographs.split("train"))))
    click.echo(
        f"{folder}: {chosen.epochs} epochs of {per_epoch} steps of {chosen.batch_size} photographs of "
        f"{photographs.name}, {f'going on from step {done}' if done else 'from the start'}",
        err=True,
    )
    try:
        run = training.train(photographs, chosen, folder, tensorboard, **network)
    except Exception as error:
        machines.leave(error)
        raise
    except (KeyboardInterrupt, SystemExit) as stop:
        _end(stop, str(stop) or "Stopped. The same command goes on from the last checkpoint.")
    click.echo(f"{run.folder} is complete: use it with `colorlab colorize PHOTO --weights {run.folder}`")


@main.command()
@click.argument("dataset", default="pocket")
@click.option("--trials", type=click.IntRange(min=1), default=30, show_default=True, help="Ends when so many are done.")
@click.option("--images", type=int, default=6400, show_default=True, help="What each trial trains on at most.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Its journal.  [default: runs/search.log]"
)
def search(dataset, trials, images, output):
    """Search for the recipe with the smallest colour loss on DATASET. Several of them share the work."""
    import signal

    from colorlab import datasets
    from colorlab.runs import RUNS
    from colorlab.search import finished, search

    def end(number, frame):
        interrupt = KeyboardInterrupt()  # what Optuna notes as the end of the trial that is under way
        interrupt.code = 128 + number
        raise interrupt

    signal.signal(signal.SIGTERM, end)
    journal = output or RUNS / "search.log"
    try:
        study = search(datasets.load(dataset), journal, trials, images)
    except KeyboardInterrupt as stop:
        _end(stop, "Stopped. The same command goes on with the next trial.")
    complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    if not complete:
        raise BadInput(f"{journal}: all {finished(study)} trials were given up; ask for more")
    values = study.best_params.items()
    best = ", ".join(f"{name} {value:.2g}" if isinstance(value, float) else f"{name} {value}" for name, value in values)
    click.echo(
        f"{journal}: {finished(study)} trials, {len(complete)} of them to the end. The best has a colour loss of "
        f"{study.best_value:.2f} per image: {best}"
    )


@main.command()
@click.option("--figure", metavar="NAME", help="Draw this figure alone, for example alpha_sweep.")
@click.option("--runs", type=click.Path(path_type=Path), metavar="FOLDER", help="Report your own runs, those in here.")
@click.option("--name", metavar="NAME", help="With --runs: whose they are.  [default: the user's name]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where it goes.  [default: report/report.pdf, runs.pdf with --runs, NAME.png with --figure]",
)
def report(figure, runs, name, output):
    """Build the report from the committed records, or draw one of its figures."""
    import getpass

    import matplotlib

    matplotlib.use("agg")  # no window, whatever the machine has
    from colorlab import report

    if name and not runs:
        raise BadInput("--name says whose runs they are: give it with --runs, or leave it out")
    if figure and runs:
        raise BadInput("--figure draws from the committed records, --runs reports yours: give only one of the two")
    if figure:
        output = output or Path(f"{figure}.png")
        report.draw(figure, output)
        missing = []
    elif runs:
        output = output or Path("runs.pdf")
        missing = report.build_own(output, runs, name or getpass.getuser())
    else:
        output = output or report.SOURCE / "report.pdf"
        missing = report.build(output)
    for one in missing:
        click.echo(f"left out: {one}", err=True)
    click.echo(output)


def _end(stop, message):
    """Say why, and end with the status that a shell knows: 130 after Ctrl-C, 143 after SIGTERM."""
    click.echo(message, err=True)
    raise SystemExit(getattr(stop, "code", 130))


@main.group()
def data():
    """Pack photographs into data sets, fetch MiniPlaces, look at what there is."""


@data.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SOURCE...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Without: data/packed/ and the name of the first source.",
)
@click.option(
    "--size",
    type=click.IntRange(min=128),
    default=128,
    show_default=True,
    help="Pixels a side; what is beyond 128 is room for random crops.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    metavar="val.txt",
    help="Of the official MiniPlaces, where it does not lie beside the archive.",
)
def pack(sources, output, size, labels):
    """Pack folders, zips and tars of photographs, together, into one data set."""
    from colorlab import datasets, packing
    from colorlab.sources import name_of

    output = output or datasets.PACKED / name_of(sources[0])
    click.echo(packing.describe(packing.pack(sources, output, size, labels)))
    click.echo(_how_to_use(output))


@data.command()
@click.argument("source", default="miniplaces")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Without: data/packed/ and the name of the archive.",
)
@click.option("--sha256", metavar="HEX", help="What the SHA-256 of the archive has to be.")
def fetch(source, output, sha256):
    """Download SOURCE, a web address or miniplaces, and pack it; what was interrupted goes on where it stopped."""
    from colorlab import datasets, fetch, packing

    header = fetch.fetch(source, output, sha256)
    click.echo(packing.describe(header))
    click.echo(_how_to_use(output or datasets.PACKED / header["name"]))


@data.command()
@click.argument("dataset")
@click.option("--verify", is_flag=True, help="Read all of it, and compare with the SHA-256 it was packed with.")
def info(dataset, verify):
    """What is in DATASET: a packed folder, the name of one in data/packed, or pocket, which ships."""
    import json

    from colorlab import datasets, packing

    images = datasets.load(dataset, verify).images  # says what is wrong, if anything is
    if hasattr(images, "filename"):  # it is mapped from a file
        folder = Path(images.filename).parent
        header = json.loads((folder / "dataset.json").read_text())
        place = f"{sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.1f} MB in {folder}"
    else:
        header, *_ = packing.pack_in_memory(datasets.DATA / "pocket", "pocket", datasets.POCKET_SIZE)
        place = f"ships with colorlab in {datasets.DATA / 'pocket'}, packed in memory when it is used"
    click.echo("\n\n".join([packing.describe(header), packing.class_table(header), place]))
    if verify:
        click.echo("Every photograph was read: the SHA-256 is right.")


def _how_to_use(folder):
    from colorlab.datasets import PACKED

    name = folder.name if folder.resolve().parent == PACKED else folder
    return f'{folder} is complete: use it with `colorlab evaluate {name}`, or datasets.load("{name}") in a notebook'
