"""Commands that train a network, search for a better recipe, and measure a trained network."""

import signal
from pathlib import Path

import click

from colorlab.base.errors import BadInput
from colorlab.base.paths import RUNS
from colorlab.cli.messages import end
from colorlab.cli.networks import network_of, takes_network
from colorlab.cli.outputs import FILE, FOLDER


@click.command()
@click.argument("recipe")
@click.option("--dataset", default="miniplaces", show_default=True, metavar="DATASET", help="What to train on.")
@click.option("-o", "--output", type=FOLDER, metavar="FOLDER", help="The run folder.  [default: runs/RECIPE]")
@click.option("--tensorboard", is_flag=True, help="Also write logs for TensorBoard into the run folder.")
def train(recipe, dataset, output, tensorboard):
    """Train a network by RECIPE. After a stop, the same command resumes the training.

    The recipes places, vivid and iizuka trained the networks that ship.
    """
    from colorlab.data import datasets
    from colorlab.training import checkpoints
    from colorlab.training.recipe import RECIPES

    if recipe not in RECIPES:
        raise BadInput(f"there is no recipe '{recipe}', only: {', '.join(RECIPES)}")
    photographs, chosen, folder = datasets.load(dataset), RECIPES[recipe], output or RUNS / recipe
    done = checkpoints.reached(folder)
    per_epoch, _ = chosen.steps(len(datasets.colored_of(photographs.split("train"))))
    click.echo(
        f"{folder}: {chosen.epochs} epochs of {per_epoch} steps of {chosen.batch_size} photographs of "
        f"{photographs.name}, {f'resumed from step {done}' if done else 'from the start'}",
        err=True,
    )
    from colorlab.base import devices
    from colorlab.training import loop
    from colorlab.training.compile import network_for

    callbacks = [loop.tensorboard(folder)] if tensorboard else []
    try:
        run = loop.train(photographs, chosen, folder, network_for(recipe), callbacks)
    except Exception as error:
        devices.leave(error)
        raise
    except (KeyboardInterrupt, SystemExit) as stop:
        end(stop, str(stop) or "Stopped. The same command resumes from the last checkpoint.")
    click.echo(f"{run.folder} is complete: use it with `colorlab colorize PHOTO --weights {run.folder}`")


@click.command()
@click.argument("dataset", default="pocket")
@click.option("--trials", type=click.IntRange(min=1), default=30, show_default=True, help="How many trials to finish.")
@click.option("--images", type=int, default=6400, show_default=True, help="The most images that a trial trains on.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Its journal.  [default: runs/search.log]")
def search(dataset, trials, images, output):
    """Search for the recipe with the smallest colour loss on DATASET. Several processes can share one journal."""
    from colorlab.data import datasets
    from colorlab.training.search import find_recipe, finished

    def interrupt(number, frame):
        stop = KeyboardInterrupt()  # Optuna records the running trial as failed
        stop.code = 128 + number
        raise stop

    signal.signal(signal.SIGTERM, interrupt)
    journal = output or RUNS / "search.log"
    try:
        study = find_recipe(datasets.load(dataset), journal, trials, images)
    except KeyboardInterrupt as stop:
        end(stop, "Stopped. The same command continues with the next trial.")
    complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    if not complete:
        raise BadInput(f"{journal}: all {finished(study)} trials were given up; ask for more")
    values = study.best_params.items()
    best = ", ".join(f"{name} {value:.2g}" if isinstance(value, float) else f"{name} {value}" for name, value in values)
    click.echo(
        f"{journal}: {finished(study)} trials, {len(complete)} of them to the end. The best has a colour loss of "
        f"{study.best_value:.2f} per image: {best}"
    )


@click.command()
@click.argument("dataset")
@takes_network
@click.option("--split", help="The photographs to measure on.  [default: test if there is one, else val]")
@click.option(
    "--half",
    metavar="HALF",
    help="Only every second photograph of each scene: choose (even numbers) or report (odd ones).",
)
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FILE.json",
    help="The file of the numbers.  [default: metrics_DATASET_SPLIT.json in the run folder, or in runs/]",
)
@click.option(
    "--saturation",
    "saturations",
    type=click.FloatRange(0, 4),
    multiple=True,
    metavar="FACTOR",
    help="Also measure colours this many times stronger than predicted. Can be repeated.",
)
def evaluate(dataset, weights, look, device, split, half, output, saturations):
    """Measure a colorizer on DATASET. Predicting grey and predicting the mean colour are measured beside it.

    If you choose something by its numbers, choose on --half choose and publish the numbers of --half report.
    """
    from colorlab.data import datasets
    from colorlab.evaluation import metrics
    from colorlab.networks.pretrained import SHIPPED

    network, whole = network_of(weights, look, device), datasets.load(dataset)
    measured = whole.split(split or ("test" if "test" in whole.splits else "val"))
    measured = measured.half(half) if half else measured
    mean_from = whole.split("train") if "train" in whole.splits else None
    click.echo(f"weights: {network.weights}", err=True)
    result = metrics.evaluate(measured, network.model, network.scenes, mean_from, saturations)
    result["weights"] = str(network.weights)
    beside = RUNS if network.weights.resolve().parent == SHIPPED.resolve() else network.weights.parent
    output = output or beside / f"metrics_{result['dataset'].replace('/', '_')}.json"
    click.echo(metrics.table(result))
    metrics.write(result, output)
    click.echo(f"as JSON: {output}")


@click.command()
@click.argument("source", metavar="FILE_OR_RUN")
@click.option("-o", "--output", required=True, type=FILE, metavar="FILE.onnx", help="The file to write.")
def export(source, output):
    """Write a trained network as an ONNX file, which colours without Keras and starts in a second."""
    import numpy as np

    from colorlab import color
    from colorlab.networks.pretrained import NETWORKS, find_weights
    from colorlab.painting.network import load

    if output.suffix != ".onnx":
        raise BadInput(f"{output}: let the name of an ONNX file end in .onnx")
    if output.exists():
        raise BadInput(f"{output} is there already: choose another name with -o")
    if not output.parent.is_dir():
        raise BadInput(f"{output}: there is no folder {output.parent}; make it, or choose another name with -o")
    found = find_weights(source if source in NETWORKS else Path(source))
    if found.suffix == ".onnx":
        raise BadInput(f"{found} is an ONNX file already: give a run folder or a weights file")
    from colorlab.networks import export, weights

    model, scenes = weights.load(found)
    export.export(model, output, scenes)
    lightness = np.random.default_rng(0).uniform(-1, 1, (4, 128, 128, 1)).astype("float32")
    pair = (np.asarray(one.predict_on_batch(lightness)["chroma"]) for one in (model, load(output).model))
    apart = np.abs(np.subtract(*map(color.ab_of, pair))).max()
    size = output.stat().st_size / 1e6
    click.echo(f"{output}: {size:.1f} MB; a and b differ from Keras's by {apart:.4f} Lab units (most, on noise)")
    click.echo(f"use it with `colorlab colorize --weights {output} PHOTO`")
