"""The blocks of the task, which bash executes exactly as they stand there.

A bucket is a folder here, and a machine that is taken away is a process, with all that it started, killed by SIGKILL.
"""

import inspect
import os
import re
import shutil
import signal
import subprocess
import time

import nbformat
import psutil
import pytest
from aws.task import CLONES, TASK
from making import assert_same, notebook_at, two_layers

from colorlab.base.paths import ROOT
from colorlab.training import checkpoints, runs

# SkyPilot waits here, in the same shell, until the bucket has everything.
AFTER = '\nstatus=$?\necho "status $status, and now the uploads"\nexit $status\n'


def environment(bucket, **values):
    """What SkyPilot gives to the blocks, with a folder for the bucket."""
    envs = {name: "" if value is None else value for name, value in TASK["envs"].items()}
    given = {"PROFILE": "smoke", "LOCK": "requirements.lock", "FOLDER": str(bucket), "SKYPILOT_TASK_ID": "colorlab-12"}
    return os.environ | envs | given | values


def started(block, machine, bucket, **values):
    """A block of the task begun on a machine, in a session of its own."""
    log = log_of(machine).open("a")
    command, env = ["bash", "-c", TASK[block] + AFTER * (block == "run")], environment(bucket, **values)
    return subprocess.Popen(command, cwd=machine, env=env, stdout=log, stderr=log, start_new_session=True)


def log_of(machine):
    return machine.parent / f"{machine.name}.log"


def finished(process, machine):
    status = process.wait(timeout=900)
    assert status == 0, log_of(machine).read_text()[-3000:]


def wait_until(happened, process, machine):
    """Wait for what a job does; at most two minutes, and no longer than it runs."""
    for _ in range(6000):
        if happened():
            return
        assert process.poll() is None, log_of(machine).read_text()[-3000:]
        time.sleep(0.02)
    raise AssertionError(log_of(machine).read_text()[-3000:])


def everything(process):
    return [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]


def take_away(process):
    """What happens to a machine that is taken away: all that it does ends at once."""
    gone = everything(process)
    for each in gone:
        each.kill()
    process.wait()
    psutil.wait_procs(gone)


@pytest.fixture
def machine(tmp_path):
    """Make a machine: a folder with this environment; with CLONES a fresh clone that has set itself up."""

    def make(number):
        folder = tmp_path / f"machine_{number}"
        if CLONES:
            subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
            shutil.rmtree(folder / ".git")  # SkyPilot's copy is without it
            tools = tmp_path / f"tools_{number}"
            tools.mkdir()
            (tools / "uv").symlink_to(ROOT / ".venv" / "bin" / "uv")  # which SkyPilot's machines have
            path = f"{tools}:{os.environ['PATH']}"
            finished(started("setup", folder, tmp_path / "no-bucket", PATH=path), folder)
        else:
            folder.mkdir()
            for name in (".venv", "notebooks"):
                (folder / name).symlink_to(ROOT / name)
        return folder

    return make


TRAINS = """
from colorlab.base.backend import keras
from colorlab.base.paths import RUNS
from colorlab.data import datasets
from colorlab.networks import layers
from colorlab.training import loop, runs
from colorlab.training.recipe import Recipe

{two_layers}
data = datasets.load("pocket")
recipe = Recipe(depth=2, batch_size=2, epochs=epochs, steps_per_epoch=steps, validation_images=4, precision="float32")
stepping = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: (RUNS / "stepping").touch())
folder = runs.folder_for("course", recipe, data)
run = loop.train(data, recipe, folder, network=two_layers, callbacks=[stepping])
""".replace("{two_layers}", inspect.getsource(two_layers))


PARAMETERS = "epochs: int = 3  # of the training\nsteps: int = 4  # an epoch"


def trained(bucket):
    """The run in a bucket, or None before it has an epoch."""
    found = list(bucket.glob("runs/*/history.csv"))
    return runs.Run(found[0].parent) if found else None


def test_a_job_whose_machine_is_taken_away_ends_on_another_as_if_nothing_had_been(machine, tmp_path):
    if CLONES:
        job = {"NOTEBOOK": "09", "PARAMETERS": "-p epochs 6 -p steps_per_epoch 10", "NAME": "trained"}
    else:
        short = notebook_at(tmp_path / "x.ipynb", TRAINS, parameters=PARAMETERS)
        job = {"NOTEBOOK": str(short), "PARAMETERS": "-p epochs 20", "NAME": "trained"}
    bucket, undisturbed = tmp_path / "bucket", tmp_path / "undisturbed"
    first = machine(1)
    process = started("run", first, bucket, COMMIT="1a2b3c", **job)
    wait_until(lambda: trained(bucket) and len(trained(bucket).history) > 2, process, first)
    take_away(process)
    (deadline,) = (bucket / "deadlines").iterdir()
    end = deadline.read_text()
    result = bucket / "notebooks" / "trained.ipynb"
    assert not result.exists()
    checkpoints.found(trained(bucket).folder)[0].unlink()  # the newest was not uploaded yet

    second = machine(2)
    finished(started("run", second, bucket, **job), second)
    starts = trained(bucket).provenance
    if CLONES:
        assert [start["commit"] for start in starts] == ["1a2b3c", "unknown"]
    assert [start["from_step"] > 0 for start in starts] == [False, True]  # it resumed, and did not begin anew
    assert deadline.read_text() == end and abs(int(end) - time.time() - 8 * 3600) < 1800  # 8 hours from the first start

    finished(started("run", first, undisturbed, **job), first)
    assert_same(trained(bucket), trained(undisturbed))
    cells = nbformat.read(result, as_version=4).cells
    assert all(each.execution_count for each in cells if each.cell_type == "code" and each.source)
    assert [path.name for path in result.parent.glob("*") if "failed" in path.name] == []
    if CLONES:
        print(
            f"\ntwo fresh clones, set up by the task's own block, notebook 09 on smoke with 60 steps: the first killed "
            f"(SIGKILL), the second resumed from step {starts[1]['from_step']:.0f}: history, weights, checkpoint and "
            "pictures are those of an undisturbed run, bit for bit"
        )


def test_a_job_that_is_cancelled_keeps_the_step_that_it_was_at(machine, tmp_path):
    path, bucket, there = (
        notebook_at(tmp_path / "x.ipynb", TRAINS, parameters=PARAMETERS),
        tmp_path / "bucket",
        machine(1),
    )
    process = started("run", there, bucket, NOTEBOOK=str(path), PARAMETERS="-p steps 100000")
    wait_until((bucket / "runs" / "stepping").exists, process, there)
    for each in everything(process)[1:]:  # as SkyPilot does: all at once, the kernel too
        each.terminate()
    status = process.wait(timeout=60)
    assert status == 143 and "status 143, and now the uploads" in log_of(there).read_text()
    (kept,) = bucket.glob("runs/*/checkpoint_*.npz")
    assert 0 < checkpoints.step_of(kept) < 100_000
    assert [left.name for left in (bucket / "notebooks").iterdir()] == ["x.failed.ipynb"]


WAITS = """
import pathlib, time
pathlib.Path(folder, "waits").touch()
try:
    time.sleep(120)
except KeyboardInterrupt:
    pathlib.Path(folder, "told").touch()
    raise
"""


def test_a_job_that_takes_too_long_is_told_to_stop(machine, tmp_path):
    there = machine(1)
    path = notebook_at(tmp_path / "x.ipynb", WAITS, parameters=f'folder: str = "{tmp_path}"  # where it says so')
    process = started("run", there, tmp_path / "bucket", NOTEBOOK=str(path), HOURS_TOTAL="0.5")
    wait_until((tmp_path / "waits").exists, process, there)
    (ceiling,) = [each for each in everything(process) if each.name() == "timeout"]
    (left,) = [int(word) for word in ceiling.cmdline() if re.fullmatch(r"\d{4}", word)]
    assert 1680 < left <= 1800
    ceiling.send_signal(signal.SIGALRM)  # as its own clock does when the time is over
    assert process.wait(timeout=120) == 124  # no success
    assert "status 124, and now the uploads" in log_of(there).read_text()
    assert (tmp_path / "told").exists()
    assert [left.name for left in (tmp_path / "bucket" / "notebooks").iterdir()] == ["x.failed.ipynb"]


def test_the_executed_notebook_has_the_name_that_was_asked_for(machine, tmp_path):
    path = notebook_at(tmp_path / "x.ipynb", "print(epochs)", parameters=PARAMETERS)
    there = machine(1)
    for values in ({}, {"NAME": "alpha_10", "PARAMETERS": "-p epochs 7"}):
        finished(started("run", there, tmp_path / "bucket", NOTEBOOK=str(path), **values), there)
    made = {each.stem: each.read_text() for each in (tmp_path / "bucket" / "notebooks").iterdir()}
    assert set(made) == {"x", "alpha_10"} and '"7\\n"' in made["alpha_10"] and '"2\\n"' in made["x"]


def test_setup_fetches_the_data_set_only_where_it_is_needed_and_missing(tmp_path):
    """By the commands that it gives, with programs that note how they were called in the place of the real ones."""
    finds = f'case "$*" in *--system*) echo {tmp_path}/bare;; "python find"*) echo {tmp_path}/other;; esac'
    for name, does in (("uv", finds), ("make", ":"), ("sudo", ":"), ("bare", "exit 1")):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/called\n{does}\n')
        (tmp_path / name).chmod(0o755)
    there = tmp_path / "machine"
    (there / ".venv" / "bin").mkdir(parents=True)
    (there / "notebooks").symlink_to(ROOT / "notebooks")
    colorlab = there / ".venv" / "bin" / "colorlab"
    colorlab.write_text(f'#!/bin/sh\necho "colorlab $*" >> {tmp_path}/called\n[ "$2" = fetch ] || [ -e packed ]\n')
    colorlab.chmod(0o755)

    def called(profile):
        (tmp_path / "called").write_text("")
        path = f"{tmp_path}:{os.environ['PATH']}"
        env = environment(tmp_path, PROFILE=profile, LOCK="requirements-gpu.lock", PATH=path, HOME=str(tmp_path))
        subprocess.run(["bash", "-c", TASK["setup"]], cwd=there, env=env, check=True)
        return (tmp_path / "called").read_text()

    assert "colorlab" not in called("smoke")
    installs = "uv python install 3.12\nuv python find --managed-python 3.12\n"  # where Debian's own lacks venv
    assert f"{installs}make env LOCK=requirements-gpu.lock PYTHON={tmp_path}/other\n" in called("smoke")
    (tmp_path / "bare").write_text("#!/bin/sh\n")
    assert f"PYTHON={tmp_path}/bare" in called("smoke") and "install" not in called("smoke")
    assert called("gpu").endswith("colorlab data info miniplaces\ncolorlab data fetch\n")
    (tmp_path / "deadlines" / "colorlab-12").write_text("1")
    with pytest.raises(subprocess.CalledProcessError):
        called("smoke")
    assert (tmp_path / "called").read_text() == ""  # not even the packages, once the job's time is over
    (tmp_path / "deadlines" / "colorlab-12").unlink()
    (there / "packed").touch()
    assert "data fetch" not in called("gpu")
