"""Search for hyperparameters with Optuna: many short trainings, of which hopeless ones are pruned.

Optuna keeps the trials in one file, the journal. Several processes search together if they name the same file, on one
machine or on several with a shared disk. A search that was stopped resumes: it ends when enough trials have finished.
"""

import json
import math
import os
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import TrialState

from colorlab.base.errors import BadInput
from colorlab.base.progress import Progress
from colorlab.base.provenance import described, provenance
from colorlab.base.reading import reading, require
from colorlab.data import datasets
from colorlab.training.recipe import Recipe
from colorlab.training.stopping import Terminated

NAME = "colorlab"  # of the one study in a journal
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
RUNGS = 4  # a trial may be pruned after each quarter of its images
BATCHES = [16, 32, 100]
LEAST = RUNGS * max(BATCHES)  # images: with every batch size a trial has a step in each quarter
WRITE_UP = {"batch_size": 100, "depth": 16, "optimizer": "adadelta", "learning_rate": 1e-5, "alpha": 5.0}


def suggested(trial: optuna.Trial, images: int) -> Recipe:
    """Return the recipe that a trial tries. It trains on `images` images or, since batches are full, a few less."""
    batch_size = trial.suggest_categorical("batch_size", BATCHES)
    return Recipe(
        depth=trial.suggest_categorical("depth", [8, 16, 32]),
        batch_size=batch_size,
        epochs=RUNGS,
        steps_per_epoch=images // (RUNGS * batch_size),
        optimizer=trial.suggest_categorical("optimizer", ["adadelta", "adam", "adamw"]),
        learning_rate=trial.suggest_float("learning_rate", 1e-6, 3, log=True),  # Adadelta's usual one is 1
        schedule="constant",
        alpha=trial.suggest_float("alpha", 1e-2, 1e3, log=True),
    )


def find_recipe(dataset: datasets.Dataset, journal: str | Path, trials: int, images: int) -> optuna.Study:
    """Search for the recipe with the smallest validation loss of chroma, until `trials` trials have finished.

    images : the most that each trial trains on. The first trial has the write-up's values, at depth 16.

    Raises BadInput if the journal belongs to a search on other photographs or with another number of images, if it is
    no journal or damaged, if the disk is full, or if there are too few images.
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
    except (OSError, AssertionError) as error:  # an assertion of Optuna fails if it cannot record how a trial ended
        cause = error if isinstance(error, OSError) else error.__context__
        if not isinstance(cause, OSError):
            raise
        raise BadInput(
            f"{journal} cannot be written ({cause.strerror}): make room, or choose another file; its trials are kept"
        ) from error
    return study


def opened(journal: str | Path) -> optuna.Study:
    """Return the search in a journal. Raises BadInput if there is none."""
    if not os.path.isfile(journal):
        raise BadInput(f"there is no search {journal}: begin it with `colorlab search`")
    with reading(journal, "choose another file", fault="not a search, or damaged"):
        study = optuna.load_study(
            study_name=NAME,
            storage=_storage(journal),
            sampler=optuna.samplers.TPESampler(constant_liar=True),  # avoids what other processes are trying
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
        )
        require(study.user_attrs, {})
        study.get_trials(deepcopy=False)
        return study


def finished(study: optuna.Study) -> int:
    """Return how many trials were trained to the end or pruned."""
    return len(study.get_trials(deepcopy=False, states=FINISHED))


def _begun(journal, budget, start):
    """Open the search in a journal, or begin one with the write-up's values. Fail the trials of killed processes."""
    Path(journal).parent.mkdir(parents=True, exist_ok=True)
    with _alone(f"{journal}.begin"):
        with _alone(journal):
            _mend(journal)
        if not Path(journal).stat().st_size:
            optuna.create_study(study_name=NAME, storage=_storage(journal))
        study = opened(journal)
        if "budget" not in study.user_attrs:
            study.set_user_attr("provenance", start)
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
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # the line of progress is enough
    # Optuna recognises the lock of a killed process only by an absolute path.
    return JournalStorage(JournalFileBackend(str(Path(journal).resolve())))


@contextmanager
def _alone(path):
    """Hold, inside the block, the lock that Optuna takes to write an entry."""
    lock = JournalFileSymlinkLock(str(Path(path).resolve()))
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _mend(journal):
    """Cut off a last entry that is incomplete: the next one would be joined to it, and neither could be read."""
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
    """Whether a trial's process, [host, pid], ran on this machine and has ended."""
    if not process or process[0] != _here()[0]:
        return False
    try:
        os.kill(process[1], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return process[1] == os.getpid()  # this process has not begun a trial yet


def _loss(trial, dataset, images):
    """Train the recipe of a trial. Return its validation loss of chroma, per image.

    A trial whose loss explodes (callbacks.EXPLODED) is pruned at once.
    """
    # Keras is imported here, so that a wrong argument is answered without it.
    from colorlab.base.backend import keras
    from colorlab.base.devices import DeviceMesh
    from colorlab.training.callbacks import Diverged
    from colorlab.training.loop import train

    def prune(epoch, logs):
        """Report the validation loss of each rung to Optuna, and end the trial if it is hopeless."""
        if not math.isfinite(logs["val_chroma_loss"]):
            raise optuna.TrialPruned("diverged")
        trial.report(logs["val_chroma_loss"], epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    trial.set_user_attr("process", _here())
    keras.backend.clear_session()  # frees the graphs of the trial before
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=prune)]
    alone = {"mesh": DeviceMesh(), "show": False}  # one device, so that every batch size can be tried
    with tempfile.TemporaryDirectory() as folder:  # of a trial only the loss is kept
        try:
            run = train(dataset, suggested(trial, images), folder, callbacks=callbacks, **alone)
        except Diverged as error:
            raise optuna.TrialPruned("diverged") from error
        except BadInput as error:
            if isinstance(error.__cause__, OSError):  # nothing resumes in a folder that goes away
                why = error.__cause__.strerror or error.__cause__
                raise BadInput(f"{folder} cannot be written ({why}): make room; the other trials are kept") from error
            raise
        except Terminated as stop:
            interrupt = KeyboardInterrupt(str(stop))  # Optuna records the trial as failed
            interrupt.code = stop.code
            raise interrupt from None
        return run.history[-1]["val_chroma_loss"]
