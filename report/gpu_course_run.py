"""Record notebook 09 on a GPU, killed once and resumed: `python report/gpu_course_run.py [-p epochs 5 …]`.

It runs `colorlab run 09 --profile gpu`, with Keras on JAX unless KERAS_BACKEND names another backend. What follows the
script's name goes to `colorlab run` as well: fewer epochs where time is short, or another profile. The data set must
be packed (`colorlab data fetch`). After the first epoch the whole run is killed (SIGKILL), and started again. The
record is report/results/09_gpu: recipe, provenance, history, and the executed notebook without its photographs, which
may not be published. If you interrupt the script, call it again: the training resumes.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil

from colorlab.base.files import replacing
from colorlab.base.paths import ROOT
from colorlab.training import checkpoints
from colorlab.training.runs import Run

RUNS = ROOT / "runs" / "gpu_course"
EXECUTED = RUNS / "09_gpu_training.ipynb"
RECORD = ROOT / "report" / "results" / "09_gpu"
LEFT_OUT = "(Photographs stood here. They are left out, as they may not be published.)\n"


def main(options, record=RECORD):
    process = started(options)
    kill_after_an_epoch(process)
    if started(options).wait() != 0:
        sys.exit("the notebook has failed after it was started again: what it said stands above")
    run = the_run()
    starts = [start.get("from_step", 0) for start in run.provenance]
    if not (len(starts) > 1 and starts[-1] > 0):
        sys.exit(f"{run.folder} was not resumed: its starts are from the steps {starts}")
    run.record(record, picture=False)
    notebook = without_photographs(nbformat.read(EXECUTED, as_version=4))
    with replacing(record / EXECUTED.name) as path:
        path.write_text(nbformat.writes(notebook).replace(str(ROOT), "colorlab") + "\n")
    print(f"{record}\n{speed(run)}")


def started(options):
    """`colorlab run 09` in a process of its own, its runs in a folder of their own."""
    RUNS.mkdir(parents=True, exist_ok=True)
    env = {"KERAS_BACKEND": "jax"} | os.environ | {"COLORLAB_RUNS": str(RUNS)}
    program = "from colorlab.cli.main import main; main()"
    command = [sys.executable, "-c", program, "run", "09", "--profile", "gpu", *options, "-o", str(EXECUTED)]
    return subprocess.Popen(command, env=env)


def kill_after_an_epoch(process):
    """Kill a run and all that it has started, the kernel too, at its next checkpoint: the end of an epoch."""
    before = kept()
    while kept() <= before or not runs():
        if process.poll() is not None:
            sys.exit(
                f"the notebook has ended before it could be killed (status {process.returncode}): what it said stands "
                f"above; if the training was complete already, delete {RUNS} to begin again"
            )
        time.sleep(0.5)
    kill_all(process)
    print(f"killed after epoch {len(the_run().history)}; now started again", flush=True)


def kill_all(process, patience=30):
    """Kill a process and all that it has started: itself first, so that it does not notice that a child has ended."""
    everything = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in everything:
        with suppress(psutil.NoSuchProcess):  # it has ended with its parent
            each.kill()
    process.wait()
    until = time.monotonic() + patience
    while alive := [each.pid for each in everything if not ended(each)]:
        if time.monotonic() > until:
            sys.exit(f"the processes {alive} run on after they were killed: end them before you call this script again")
        time.sleep(0.1)


def ended(process) -> bool:
    """Whether a process is gone, or a zombie: in a container there may be nobody who collects it."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kept() -> set[Path]:
    """The checkpoints of all runs here."""
    return {path for folder in RUNS.glob("*/") for path in checkpoints.found(folder)}


def runs() -> list[Path]:
    return sorted(RUNS.glob("*/history.csv"), key=os.path.getmtime)


def the_run() -> Run:
    return Run(runs()[-1].parent)


def without_photographs(notebook):
    """The notebook with a sentence in the place of each JPEG, the format in which it shows photographs."""
    for cell in notebook.cells:
        for number, output in enumerate(cell.get("outputs", [])):
            if "image/jpeg" in output.get("data", {}):
                cell.outputs[number] = nbformat.v4.new_output("stream", text=LEFT_OUT)
    return notebook


def speed(run) -> str:
    """What the table of the AWS guide needs: images a second over the whole training, validations included."""
    last, start = run.history[-1], run.provenance[-1]
    images = last["step"] * run.recipe["batch_size"]
    where = ", ".join(start["hardware"]["accelerators"]) or start["hardware"]["processor"]
    return f"{where}: {images:,.0f} images in {last['seconds']:,.0f} s, {images / last['seconds']:,.1f} images/s"


if __name__ == "__main__":
    main(sys.argv[1:])
