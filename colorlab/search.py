"""Search the space of hyperparameters with Optuna: many short trainings, of which the hopeless ones are stopped early.

The trials lie in a file, Optuna's journal. Several processes, on one machine or on several with a shared disk, search
together by naming the same file, and a search that was stopped goes on: what counts is how many trials have finished.
"""

import json
import math
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
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
WRITE_UP = {"depth": 16, "batch_size": 100, "optimizer": "adadelta", "learning_rate": 1e-5, "alpha": 5.0}


def suggested(trial: optuna.Trial, images: int) -> Recipe:
    """What the trial is to try, with the same number of training images for each."""
    batch_size = trial.suggest_categorical("batch_size", [16, 32, 100])
    return Recipe(
        depth=trial.suggest_categorical("depth", [8, 16, 32]),
        batch_size=batch_size,
        epochs=RUNGS,
        steps_per_epoch=max(1, images // (RUNGS * batch_size)),
        optimizer=trial.suggest_categorical("optimizer", ["adadelta", "adam", "adamw"]),
        learning_rate=trial.suggest_float("learning_rate", 1e-6, 3, log=True),  # Adadelta's natural one is 1
        schedule="constant",
        alpha=trial.suggest_float("alpha", 1e-2, 1e3, log=True),
    )


def search(dataset: datasets.Dataset, journal: str | Path, trials: int, images: int) -> optuna.Study:
    """Look for the recipe with the smallest colour loss on validation photographs, until so many trials have finished.

    images : what each trial trains on at most. The first tries the write-up's values, at depth 16.

    Raises BadInput if the journal belongs to a search on other photographs or with another number of images.
    """
    budget = {"data": described(dataset), "images": images}
    try:
        Path(journal).parent.mkdir(parents=True, exist_ok=True)
        with Path(journal).open("a+b") as file:  # Optuna would write into any file
            file.seek(0)
            if file.read(1) not in (b"", b"{"):
                raise ValueError("it holds something else")
        _begin(journal, budget, provenance(described(dataset)))
        study = opened(journal)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{journal} cannot be a search's journal ({error}): choose another file") from error
    known = study.user_attrs.get("budget", budget)
    if known != budget:
        raise BadInput(f"{journal} belongs to a search with {json.dumps(known)}: choose another file, or delete it")

    def show(study, trial):
        progress.update(min(trials, _finished(study)) - progress.n)

    enough = optuna.study.MaxTrialsCallback(trials, states=FINISHED)
    with Progress(total=trials, initial=min(trials, _finished(study)), unit="trial", desc="search") as progress:
        if _finished(study) < trials:
            study.optimize(lambda trial: _loss(trial, dataset, images), callbacks=[show, enough])
    return study


def _begin(journal, budget, provenance):
    """Begin a search with the write-up's values, unless it goes on or another process was here first."""
    try:
        study = optuna.create_study(study_name=NAME, storage=_storage(journal))
    except optuna.exceptions.DuplicatedStudyError:
        return
    study.set_user_attr("budget", budget)
    study.set_user_attr("provenance", provenance)
    study.enqueue_trial(WRITE_UP)


def opened(journal: str | Path) -> optuna.Study:
    """The search in a journal."""
    pruner = optuna.pruners.MedianPruner(n_startup_trials=5)
    return optuna.load_study(study_name=NAME, storage=_storage(journal), pruner=pruner)


def _storage(journal):
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # there is a line of progress
    return JournalStorage(JournalFileBackend(str(journal)))


def _finished(study):
    return len(study.get_trials(deepcopy=False, states=FINISHED))


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
