"""Train a network by a recipe, into a run folder. An interrupted training resumes from its last checkpoint.

Resuming is exact: checkpoints.py says why.
"""

import errno
import importlib.util
import warnings
from contextlib import nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from colorlab import color
from colorlab.base import devices
from colorlab.base.backend import keras
from colorlab.base.errors import BadInput
from colorlab.base.progress import Progress
from colorlab.base.provenance import described
from colorlab.data import batches, datasets
from colorlab.networks.colorizer import colorizer, set_output_bias
from colorlab.training import checkpoints
from colorlab.training.callbacks import SaveRun, Session, ShowProgress, StopOnDivergence, Validate
from colorlab.training.compile import built, chroma_loss, compile_joint, compiled
from colorlab.training.precision import fastest, resolve_precision
from colorlab.training.recipe import Recipe
from colorlab.training.runs import Run
from colorlab.training.stopping import exception_for, stop_requests

MEASURED = 20  # training batches, on which ema.py measures population statistics


def train(
    dataset: datasets.Dataset, recipe: Recipe, folder, network=colorizer, callbacks=(), show=True, mesh=None
) -> Run:
    """Train a network on the split "train", validate it on "val", and keep everything in a run folder.

    A run that was interrupted resumes from its last checkpoint. A finished run is returned as it is. After SIGTERM or
    Ctrl-C the current step is finished and a checkpoint written before the training ends (callbacks.SaveRun).

    network : a function of depth and scenes that builds the model. It may be your own. Its model needs the layers that
        colorizer.set_output_bias and weights.save look for, and a colorizer's outputs. A run records only the
        function's name, so weights.load cannot build it: build it yourself, and load last.weights.h5 with Keras.
    callbacks : Keras callbacks of the first process, called after an epoch's validation and before the run is saved.
    show : whether progress is shown.
    mesh : the devices that train together, by default all that this process sees (devices.join).

    Raises BadInput if the folder belongs to another recipe, data set or network, or if it cannot be written. Raises
    callbacks.Diverged, which is a BadInput, if the training diverges.
    """
    mesh, run = mesh or devices.join(), Run(folder)
    mesh.part(recipe.batch_size)  # refuses a wrong batch size before the preparations
    recipe = _precise(recipe, run)
    identity = {"recipe": asdict(recipe), "data": described(dataset), "network": {"name": network.__name__}}
    steps_per_epoch, steps = recipe.steps(len(datasets.colored_of(dataset.split("train"))))
    run.refuse_other(identity)
    mesh.agree({"step": checkpoints.reached(run.folder)} | identity)
    if checkpoints.reached(run.folder) == steps and _checkpoint(run, identity).step == steps:
        return run
    # Where several processes train, JAX handles SIGTERM: see mesh.asked_to_stop.
    requests = stop_requests() if mesh.processes == 1 else nullcontext([])
    try:
        with run.locked() if mesh.first else nullcontext(), requests as stops:
            checkpoint = _checkpoint(run, identity)
            mesh.agree({"step": checkpoint.step})
            kept = built(recipe, len(dataset.classes), network)  # a copy: it is validated and saved
            loss = chroma_loss(recipe, dataset.split("train"))
            compile_joint(kept, recipe, loss)
            if recipe.loss == "bins":
                kept.rarity = loss.rarity  # weights.save writes it into the file
            with mesh.scope():
                model = compiled(recipe, len(dataset.classes), steps, network, loss)
                if recipe.loss != "bins":
                    set_output_bias(model, datasets.mean_color(dataset.split("train")))
            if mesh.first:
                run.begin(identity, checkpoint, mesh)
            while checkpoint.step < steps:
                session = Session(run, checkpoint, mesh, steps_per_epoch, stops)
                shown = {"total": steps, "initial": checkpoint.step, "unit": "step", "desc": "training"}
                with Progress(**shown, disable=not (show and mesh.first)) as progress:
                    others = [ShowProgress(progress), *(callbacks if mesh.first else ())]
                    _resume(session, model, kept, dataset, recipe, others)
                mesh.agree("trained so far")  # after it, the first process has written its checkpoint
                checkpoint = checkpoints.read(run.folder)
                mesh.agree({"step": checkpoint.step})  # a shared disk may show an older one to other processes
            if stops:
                raise exception_for(stops, "stopped; the training is complete")
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise BadInput(
            f"{error.filename or run.folder} cannot be written ({error.strerror or error}): "
            f"{'make room' if full else 'check the disk and permissions'} and start again; "
            f"it resumes from step {checkpoints.reached(run.folder)}"
        ) from error
    except (ValueError, RuntimeError) as error:
        if mesh.processes == 1 or not devices.is_of_others(error):
            raise
        raise BadInput(
            f"process {mesh.number} cannot continue without the others ({str(error).splitlines()[0]}): start all "
            f"again; they resume from step {checkpoints.reached(run.folder)}"
        ) from error
    return run


def tensorboard(folder):
    """Return a callback for `train` that writes TensorBoard logs. Raises BadInput if a package for it is missing."""
    for package in ("tensorboard", "tensorflow"):  # Keras writes the logs with TensorFlow, whatever it trains on
        if importlib.util.find_spec(package) is None:
            raise BadInput(f"TensorBoard's logs need the package {package}: install it, or train without them")
    return keras.callbacks.TensorBoard(Path(folder) / "tensorboard", write_graph=False)


def _resume(session, model, kept, dataset, recipe, callbacks):
    """Train from a checkpoint to the end of the run, or from the middle of an epoch to the end of that epoch.

    One epoch of `fit` is the interval between two checkpoints.
    """
    checkpoint, mesh = session.checkpoint, session.mesh
    training, validation = dataset.split("train"), dataset.split("val")
    epoch, done = divmod(checkpoint.step, session.steps_per_epoch)
    if checkpoint.step:
        checkpoints.restore(model, checkpoint)
    sampling = recipe.sampling
    measured = [batches.batch(training, n, sampling)[0] for n in range(MEASURED if recipe.average else 0)]
    chosen, together = batches.validated(len(validation), recipe.validation_images)
    photographs, labels = datasets.centre(validation)[chosen], validation.labels[chosen]

    guard = StopOnDivergence(session)
    validate = Validate(kept, measured, photographs, labels, together)
    save = SaveRun(session, guard, kept, dataset.classes, photographs)
    own = {"part": mesh.part(recipe.batch_size), "encode": _encode(mesh)}
    begin = partial(batches.stream, training, sampling, start=checkpoint.step, **own)
    with mesh.feeding(begin) as fed:
        model.fit(
            fed,
            steps_per_epoch=session.steps_per_epoch - done,
            initial_epoch=epoch,
            epochs=epoch + 1 if done else recipe.epochs,
            shuffle=False,
            callbacks=[guard, validate, *callbacks, save],
            verbose=0,
        )


def _encode(mesh):
    """Return the faster form of color.encode: compiled, on one GPU under JAX, and else in NumPy, in several threads.

    (Under TensorFlow, Keras would copy what the GPU has encoded back to the processor.)
    """
    if keras.backend.backend() == "jax" and mesh.devices == 1:
        import jax

        if jax.default_backend() == "gpu":
            return jax.jit(color.encode)
    return color.encode


def _precise(recipe, run):
    """Return the recipe with "auto" replaced by the precision that the run began in, or else by the faster one here."""
    begun = recipe.precision == "auto" and (run.folder / "recipe.json").exists()
    if begun and run.recipe["precision"] != fastest():
        warnings.warn(
            f"{run.folder} began in {run.recipe['precision']} on other hardware and resumes in it, though "
            f"{fastest()} is faster here",
            stacklevel=3,
        )
    return replace(recipe, precision=run.recipe["precision"]) if begun else resolve_precision(recipe)


def _checkpoint(run, identity):
    """Return the newest checkpoint. Raises BadInput if it belongs to another run: it may have been copied here."""
    checkpoint = checkpoints.read(run.folder)
    run.refuse_differences(checkpoint.identity, identity)
    return checkpoint
