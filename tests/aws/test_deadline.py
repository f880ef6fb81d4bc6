"""How long a job has left: the deadline in its bucket, and a day for any machine."""

import os
import subprocess
import time

import pytest
import yaml
from aws.task import AWS, TASK


def left(file, hours):
    command = ["bash", AWS / "deadline.sh", file, hours]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_first_machine_writes_the_deadline_and_later_ones_keep_to_it(tmp_path):
    file = tmp_path / "deadlines" / "colorlab-12"
    assert 5390 < int(left(file, "1.5").stdout) <= 5400
    assert abs(int(file.read_text()) - time.time() - 5400) < 10
    file.write_text(f"{int(time.time()) + 600}\n")
    for hours in ("1.5", "24"):
        assert 590 < int(left(file, hours).stdout) <= 600


def test_a_job_whose_time_is_over_says_so_and_computes_nothing(tmp_path):
    file = tmp_path / "deadlines" / "colorlab-12"
    file.parent.mkdir()
    file.write_text(f"{int(time.time()) - 120}\n")
    done = left(file, "8")
    assert done.returncode == 1 and done.stdout == ""
    assert (
        done.stderr == "The job's 8 hours (HOURS_TOTAL) have been over for 2 minutes; launch it again to give it more\n"
    )
    (tmp_path / "notebooks").symlink_to(AWS.parent)
    env = os.environ | TASK["envs"] | {"BUCKET": "b", "FOLDER": str(tmp_path), "SKYPILOT_TASK_ID": "colorlab-12"}
    done = subprocess.run(["bash", "-c", TASK["run"]], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 1 and "have been over" in done.stderr
    assert "colorlab run" not in done.stderr and not (tmp_path / "runs").exists()


@pytest.mark.parametrize("hours", ["", "eight", "-1", "8h"])
def test_hours_that_are_no_number_are_refused(hours, tmp_path):
    done = left(tmp_path / "deadline", hours)
    assert done.returncode == 1 and "must be a number of hours" in done.stderr and not (tmp_path / "deadline").exists()


@pytest.mark.parametrize("name", ["config", "config-closed"])
def test_every_machine_turns_itself_off_a_day_after_each_start(name, tmp_path):
    """By the commands that SkyPilot gives to a new machine, with a `shutdown` that notes how it was called."""
    commands = yaml.safe_load((AWS / f"{name}.yaml").read_text())["aws"]["post_provision_runcmd"]
    (tmp_path / "shutdown").write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/called\n')
    (tmp_path / "shutdown").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    here = "\n".join(commands).replace("/var/lib/cloud/scripts/per-boot", str(tmp_path))
    subprocess.run(["sh", "-euc", here], env=env, check=True)
    subprocess.run([tmp_path / "colorlab"], env=env, check=True)  # cloud-init starts it at each boot
    assert (tmp_path / "called").read_text() == f"-h +{24 * 60}\n" * 2
