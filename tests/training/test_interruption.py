"""A training that is killed, stopped, or left without room on the disk resumes as if nothing had been."""

import gc
import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from making import POCKET, assert_same, folder_of, two_layers

from colorlab.data import datasets
from colorlab.data.packing import pack
from colorlab.training import runs
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe

KILLS = int(os.environ.get("COLORLAB_KILLS", 4))
MOMENTS = 1_500_000  # calls of functions: more than a start (0.5 million) and an epoch (0.7 million) take
SMALL = Recipe(depth=2, batch_size=2, epochs=KILLS, steps_per_epoch=2, validation_images=4, precision="float32")
# How a process may end that gets a signal: killed, or stopped after the step it is at.
ENDS = {signal.SIGKILL: [-signal.SIGKILL], signal.SIGTERM: [-signal.SIGTERM, 143], signal.SIGINT: [130]}
# A process that has imported TensorFlow already, and forks another for each training.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["colorlab.training.loop"])


@pytest.fixture
def few(tmp_path):
    """Six photographs to train on and four to validate on, packed: so a start takes little time."""
    files = {}
    for scene in ("animal", "windmill"):
        for number, path in enumerate(sorted((POCKET / scene).glob("*.jpg"))[:5]):
            files[f"{'val' if number > 2 else 'train'}/{scene}/{path.name}"] = path.read_bytes()
    pack([folder_of(tmp_path / "photographs", files)], tmp_path / "few", size=128)
    return tmp_path / "few"


def train_until(packed, folder, moment=None, number=None):
    """In a process of its own: train, and get a signal at a call of a function.

    Without graphs, whose making would take most of the time: what is written, when, and read again, is the same.
    """
    import tensorflow

    gc.freeze()  # what was imported need not be looked through: of a start, a quarter
    tensorflow.config.run_functions_eagerly(True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may have it ignored
    sys.stderr = open(f"{folder}.log", "a")
    calls = itertools.count(1)

    def count(frame, event, argument):
        if next(calls) == moment:
            os.kill(os.getpid(), number)

    photographs = datasets.load(packed)
    if moment:
        sys.setprofile(count)
    try:
        train(photographs, SMALL, folder, network=two_layers)
    except KeyboardInterrupt:
        sys.exit(130)


def in_a_process(*arguments):
    """Returns how the process ended: 0, a status, or minus the number of the signal that killed it."""
    process = FORKS.Process(target=train_until, args=arguments)
    process.start()
    process.join()
    return process.exitcode


def test_killed_at_random_moments_a_run_ends_with_the_bits_of_one_left_alone(few, tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    ended = []
    while len(ended) < KILLS:
        number = moments.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        ended.append(in_a_process(few, tmp_path / "killed", moments.randrange(1, MOMENTS), number))
        assert ended[-1] in ENDS[number], f"with seed {seed}: {ended}; {tmp_path}/killed.log says why"
    assert in_a_process(few, tmp_path / "killed") == 0
    assert in_a_process(few, tmp_path / "alone") == 0
    try:
        assert_same(runs.Run(tmp_path / "killed"), runs.Run(tmp_path / "alone"))
    except AssertionError as error:
        raise AssertionError(f"with seed {seed}, ended with {ended}: {error}") from error


FULL = """
import os, sys
from colorlab.base.errors import BadInput
from colorlab.data import datasets
from colorlab.training import checkpoints, loop, runs
from colorlab.training.recipe import Recipe
from making import two_layers

folder, pocket = sys.argv[1] + "/run", datasets.load("pocket")
recipe = Recipe(depth=2, batch_size=2, epochs=2, steps_per_epoch=1)

write_history = runs.Run.write_history

def fills_the_disk(run, rows):
    write_history(run, rows)
    if len(rows) == 2:  # what comes next is the checkpoint
        with open(sys.argv[1] + "/others", "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)): pass
            except OSError: pass

runs.Run.write_history = fills_the_disk
try:
    loop.train(pocket, recipe, folder, network=two_layers)
except BadInput as error:
    print(error)
print("step", checkpoints.read(folder).step, sorted(os.listdir(folder)))
os.remove(sys.argv[1] + "/others")
runs.Run.write_history = write_history
print("steps", loop.train(pocket, recipe, folder, network=two_layers).column("step"))
"""


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path):
    mounted = f'mount -t tmpfs -o size=8m none "{tmp_path}" && exec "$@"'
    alone = ["unshare", "-rm", "sh", "-c", mounted, "sh"]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk of its own cannot be mounted here")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}  # where making.py is
    command = [*alone, sys.executable, "-c", FULL, tmp_path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, left, resumed = done.stdout.splitlines()
    assert said.startswith(f"{tmp_path}/run cannot be written ") and "(No space left on device): make room" in said
    assert left.startswith("step 1 ") and ".writing" not in left
    assert resumed == "steps [1.0, 2.0]"
    assert "Traceback" not in done.stderr
