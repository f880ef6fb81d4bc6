"""report/gpu_course_run.py: what it kills, and what it leaves out. (The whole was tried by hand, on two cores.)"""

import importlib.util
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

from colorlab.base.paths import ROOT


@pytest.fixture
def script(tmp_path, monkeypatch):
    specification = importlib.util.spec_from_file_location("gpu_course_run", ROOT / "report" / "gpu_course_run.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "RUNS", tmp_path)
    return module


TRAINS = """
import pathlib, subprocess, sys, time
kernel = subprocess.Popen(["sleep", "60"], start_new_session=True)
folder = pathlib.Path(sys.argv[1], "course-0a1b")
folder.mkdir()
pathlib.Path(sys.argv[1], "kernel").write_text(str(kernel.pid))
time.sleep(0.2)
(folder / "checkpoint_5.npz").touch()
time.sleep(0.8)
(folder / "history.csv").write_text("epoch,step\\n1,5\\n")
time.sleep(60)
"""


def test_it_kills_the_kernel_too_and_not_before_there_is_something_to_resume_from(script, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", TRAINS, str(tmp_path)])
    begun = time.monotonic()
    script.kill_after_an_epoch(process)
    assert time.monotonic() - begun < 30 and process.returncode == -9
    assert (tmp_path / "course-0a1b" / "checkpoint_5.npz").exists()
    kernel = int((tmp_path / "kernel").read_text())
    assert not psutil.pid_exists(kernel) or script.ended(psutil.Process(kernel)), "the kernel trains on"


def test_a_process_that_has_ended_meanwhile_or_is_a_zombie_does_not_stop_it(script, monkeypatch):
    zombie = subprocess.Popen(["true"])
    process = subprocess.Popen(["sleep", "60"])
    while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    gone = psutil.Process(subprocess.Popen(["sleep", "60"]).pid)
    gone.kill()
    gone.wait()
    children = [psutil.Process(zombie.pid), gone]
    monkeypatch.setattr(psutil.Process, "children", lambda self, recursive: children)
    begun = time.monotonic()
    script.kill_all(process)
    assert time.monotonic() - begun < 10 and process.returncode == -9
    children.append(psutil.Process())  # this test itself: alive
    monkeypatch.setattr(psutil.Process, "kill", lambda self: None)
    process = subprocess.Popen(["true"])
    with pytest.raises(SystemExit, match="run on after they were killed"):
        script.kill_all(process, patience=0)
    zombie.wait()


def test_a_notebook_that_ends_by_itself_is_no_record(script):
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(SystemExit, match="ended before it could be killed .status 3.*delete"):
        script.kill_after_an_epoch(process)


def test_photographs_stay_out_of_the_record_and_charts_in(script):
    jpeg, png = (nbformat.v4.new_output("display_data", {f"image/{kind}": "AAAA"}) for kind in ("jpeg", "png"))
    cells = [nbformat.v4.new_markdown_cell("text"), nbformat.v4.new_code_cell("figure", outputs=[png, jpeg])]
    notebook = script.without_photographs(nbformat.v4.new_notebook(cells=cells))
    shown = nbformat.writes(notebook)
    assert "image/png" in shown and "image/jpeg" not in shown and "left out" in shown
