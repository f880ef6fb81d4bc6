"""Search the space of hyperparameters with Optuna: many short trainings, of which the hopeless ones are stopped early.

The trials lie in a file, Optuna's journal. Several processes, on one machine or on several with a shared disk, search
together by naming the same file, and a search that was stopped goes on: what counts is how many trials have finished.
"""

import json
import math
import os
import socket
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import TrialState

from colorlab import BadInput, datasets, networks
from colorlab.backend import keras
from colorlab.progress import Progress
from colorlab.provenance import described, provenance
from colorlab.recipe import Recipe
from colorlab.training import compiled, validated

NAME = "colorlab"  # of the one study in a journal
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
RUNGS = 4  # a trial is looked at after each quarter of its images
BATCHES = [16, 32, 100]
LEAST = RUNGS * max(BATCHES)  # images, so that every batch size has a step before each look
WRITE_UP = {"batch_size": 100, "depth": 16, "optimizer": "adadelta", "learning_rate": 1e-5, "alpha": 5.0}


def suggested(trial: optuna.Trial, images: int) -> Recipe:
    """What the trial is to try, on so many training images or, since they come in batches, a few less."""
    batch_size = trial.suggest_categorical("batch_size", BATCHES)
    return Recipe(
        depth=trial.suggest_categorical("depth", [8, 16, 32]),
        batch_size=batch_size,
        epochs=RUNGS,
        steps_per_epoch=images // (RUNGS * batch_size),
        optimizer=trial.suggest_categorical("optimizer", ["adadelta", "adam", "adamw"]),
        learning_rate=trial.suggest_float("learning_rate", 1e-6, 3, log=True),  # Adadelta's natural one is 1
        schedule="constant",
        alpha=trial.suggest_float("alpha", 1e-2, 1e3, log=True),
    )


def search(dataset: datasets.Dataset, journal: str | Path, trials: int, images: int) -> optuna.Study:
    """Look for the recipe with the smallest colour loss on validation photographs, until so many trials have finished.

    images : what each trial trains on at most. The first tries the write-up's values, at depth 16.

    Raises BadInput if the journal belongs to a search on other photographs or with another number of images, if it is
    no journal or damaged, or if the disk is full.
    """
    if images < LEAST:
        raise BadInput(f"{images} images for each trial are too few: give {LEAST} or more")
    try:
        study = _begun(journal, {"data": described(dataset), "images": images}, provenance(described(dataset)))
        with Progress(total=trials, initial=min(trials, finished(study)), unit="trial", desc="search") as progress:
            enough = optuna.study.MaxTrialsCallback(trials, states=FINISHED)
            show = [enough, lambda study, trial: progress.update(min(trials, finished(study)) - progress.n)]
            if finished(study) < trials:
                study.optimize(lambda trial: _loss(trial, dataset, images), callbacks=show)
    except (OSError, AssertionError) as error:  # Optuna asserts something when it cannot note how a trial ended
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError):
            raise
        raise BadInput(
            f"{journal} cannot be written ({cause.strerror}): make room, or choose another file; its trials are kept"
        ) from error
    return study


def opened(journal: str | Path) -> optuna.Study:
    """The search in a journal. Raises BadInput if there is none."""
    if not Path(journal).is_file():
        raise BadInput(f"there is no search {journal}: begin it with `colorlab search`")
    try:
        return optuna.load_study(
            study_name=NAME,
            storage=_storage(journal),
            sampler=optuna.samplers.TPESampler(constant_liar=True),  # keeps off what others try at the moment
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{journal} is not a search, or damaged ({error}): choose another file") from error


def finished(study: optuna.Study) -> int:
    """How many trials were trained to the end or given up as hopeless."""
    return len(study.get_trials(deepcopy=False, states=FINISHED))


def _begun(journal, budget, provenance):
    """The search in a journal, begun if need be with the write-up's values, and rid of what killed processes left."""
    Path(journal).parent.mkdir(parents=True, exist_ok=True)
    with _alone(f"{journal}.begin"):
        with _alone(journal):
            _mend(journal)
        if not Path(journal).stat().st_size:
            optuna.create_study(study_name=NAME, storage=_storage(journal))
        study = opened(journal)
        if "budget" not in study.user_attrs:
            study.set_user_attr("provenance", provenance)
            study.set_user_attr("budget", budget)
        if study.user_attrs["budget"] != budget:
            known = json.dumps(study.user_attrs["budget"])
            raise BadInput(f"{journal} belongs to a search with {known}: choose another file, or delete it")
        for trial in study.get_trials(states=[TrialState.RUNNING]):
            if _ended(trial.user_attrs.get("process")):
                study.tell(trial.number, state=TrialState.FAIL)
        if not any(
            WRITE_UP in (trial.params, trial.system_attrs.get("fixed_params"))
            for trial in study.get_trials(states=[TrialState.WAITING, TrialState.RUNNING, *FINISHED])
        ):
            study.enqueue_trial(WRITE_UP)
    return study


def _storage(journal):
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # there is a line of progress
    # Absolute, since a lock that a killed process has left is only recognised by an absolute path.
    return JournalStorage(JournalFileBackend(str(Path(journal).resolve())))


@contextmanager
def _alone(path):
    """Keep other processes out, by the lock that Optuna takes for each of its entries."""
    lock = JournalFileSymlinkLock(str(Path(path).resolve()))
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _mend(journal):
    """Cut off an entry that was not written to its end: the next would be joined to it, and make it unreadable."""
    with Path(journal).open("a+b") as file:
        file.seek(0)
        content = file.read()
        first = content.partition(b"\n")[0]
        if content and b'"study_name":"%s"' % NAME.encode() not in first.replace(b" ", b""):
            raise BadInput(f"{journal} is not a search, it holds something else: choose another file")
        file.truncate(content.rfind(b"\n") + 1)


def _here():
    return [socket.gethostname(), os.getpid()]


def _ended(process):
    """True if a trial's process, [host, pid], was one of this machine's and is no more."""
    if not process or process[0] != _here()[0]:
        return False
    try:
        os.kill(process[1], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return process[1] == os.getpid()  # ours are not running while we begin


class Report(keras.callbacks.Callback):
    """Tells Optuna the validation loss after each rung, and ends the trial if it is hopeless."""

    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        loss = logs["val_chroma_loss"]
        if not math.isfinite(loss):
            raise optuna.TrialPruned("diverged")
        self.trial.report(loss, epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def _loss(trial, dataset, images):
    """Train as the trial suggests: the colour loss on validation photographs, per image."""
    trial.set_user_attr("process", _here())
    keras.backend.clear_session()  # the trial before left its graphs
    training, validation = dataset.split("train"), dataset.split("val")
    recipe = suggested(trial, images)
    per_epoch, steps = recipe.steps(len(datasets.coloured_of(training)))
    chosen, together = validated(len(validation), recipe.validation_images)
    model = compiled(recipe, len(dataset.classes), steps)
    networks.start_at(model, datasets.mean_colour(training))
    drawn = {"size": recipe.batch_size, "seed": recipe.seed, "shift": recipe.shift, "mirror": recipe.mirror}
    history = model.fit(
        datasets.batches(training, **drawn),
        steps_per_epoch=per_epoch,
        epochs=recipe.epochs,
        shuffle=False,
        validation_data=datasets.encoded(datasets.centre(validation)[chosen], validation.labels[chosen]),
        validation_batch_size=together,
        callbacks=[Report(trial)],
        verbose=0,
    )
    return history.history["val_chroma_loss"][-1]
