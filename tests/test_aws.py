"""The job on AWS without AWS: SkyPilot reads the task, and bash executes its blocks exactly as they stand there.

A bucket is a folder here, and a machine that is taken away is a process, with all that it started, killed by SIGKILL.
"""

import inspect
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from fnmatch import fnmatch

import boto3
import nbformat
import numpy as np
import psutil
import pytest
import requests
import yaml
from making import assert_same, cell, two_layers
from nbformat.v4 import new_notebook

from colorlab.base.paths import ROOT
from colorlab.networks import colorizer
from colorlab.training import checkpoints, runs

AWS = ROOT / "notebooks" / "aws"
TASK = yaml.safe_load((AWS / "task.yaml").read_text())
CLONES = bool(os.environ.get("COLORLAB_CLONES"))  # by `make soak`: machines are fresh clones that set themselves up

# ---- SkyPilot's own parser, in the environment that `make sky` makes

READ = """
import json, sys
import sky, yaml
from sky.backends.task_codegen import TaskCodeGen
from sky.jobs.utils import generate_managed_job_cluster_name
from sky.utils import common, common_utils, schemas

task = sky.Task.from_yaml_config(yaml.safe_load(open("notebooks/aws/task.yaml")), env_overrides=dict([sys.argv[1:]]))
task.expand_and_validate_workdir()
task.expand_and_validate_file_mounts()
settings = {}
for name in ("config", "config-closed"):
    settings[name] = yaml.safe_load(open(f"notebooks/aws/{name}.yaml").read().replace("BUCKET", sys.argv[2]))
    common_utils.validate_schema(settings[name], schemas.get_config_schema(), "the settings are wrong: ")
((mount, storage),) = task.storage_mounts.items()
print(json.dumps({
    "blocks": [task.setup, task.run],
    "script": TaskCodeGen.build_task_bash_script(task.run),
    "machines' names": [common.JOB_CONTROLLER_PREFIX + "0a1b2c3d", generate_managed_job_cluster_name(task.name, 12)],
    "settings": settings,
    "workdir": task.workdir,
    "envs": task.envs,
    "mount": [mount, storage.source, storage.mode.value],
    "machines": sorted(
        [str(r.cloud), r.use_spot, r.ports, sorted(r.accelerators.items()), r.autostop_config.down]
        for r in task.resources
    ),
}))
"""


@pytest.fixture
def sky(tmp_path):
    """Run Python with SkyPilot, in its own environment and with an empty home."""
    if not (ROOT / ".sky" / ".ready").exists():
        pytest.fail("SkyPilot is not there: `make sky` installs it, as `make test` does")

    def run(program, *arguments, **environment):
        environment = {"PATH": os.environ["PATH"]} | environment
        environment |= {"HOME": str(tmp_path), "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"}
        command = [ROOT / ".sky" / "bin" / "python", "-c", program, *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    return run


def test_skypilot_reads_the_task_and_its_settings(sky):
    done = sky(READ, "BUCKET", "my-colorlab")
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout.splitlines()[-1])
    assert read["blocks"] == [TASK["setup"], TASK["run"]]
    assert read["workdir"] == str(ROOT)
    assert read["envs"] == TASK["envs"] | {"BUCKET": "my-colorlab"}
    assert read["mount"] == ["/bucket", "s3://my-colorlab", "MOUNT_CACHED"]
    # What SkyPilot runs is the block, and in the same shell what waits for the uploads: AFTER stands for it here.
    assert read["script"].startswith(TASK["run"] + "\n__skypilot_user_exit_code=$?\n")
    assert read["script"].endswith("exit $__skypilot_user_exit_code")
    for settings in read["settings"].values():
        assert settings["jobs"]["bucket"] == "s3://my-colorlab"  # the one that machines may read
        # The first pattern that fits decides. No machine is without a role, which would give it the user's own keys.
        patterns = [pair for role in settings["aws"]["remote_identity"] for pair in role.items()]
        roles = [[role for pattern, role in patterns if fnmatch(name, pattern)][:1] for name in read["machines' names"]]
        assert roles == [["colorlab-controller"], ["colorlab-job"]]
    # Spot, one GPU, no port opened, gone when idle.
    assert read["machines"] == [["AWS", True, None, [[gpu, 1]], True] for gpu in ("A10G", "L4")]

    refused = sky(READ, "NOTEBOOK", "09")
    assert refused.returncode != 0 and "'BUCKET' is None" in refused.stderr
    misspelt = sky(READ.replace('task.yaml")', 'task.yaml").read().replace("use_spot", "use_")'), "BUCKET", "b")
    assert misspelt.returncode != 0 and "use_" in misspelt.stderr


def test_a_job_takes_its_copy_of_the_folder_through_the_bucket_and_leaves_the_rest_there(sky, aws, tmp_path):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="colorlab-ada")
    s3.put_object(Bucket="colorlab-ada", Key="runs/result", Body=b"of an earlier job")
    settings = tmp_path / "config.yaml"
    settings.write_text((AWS / "config.yaml").read_text().replace("BUCKET", "colorlab-ada"))
    path = f"{ROOT / '.sky' / 'bin'}:{os.environ['PATH']}"  # where SkyPilot looks for the aws command
    done = sky(STORE, **os.environ | {"SKYPILOT_PROJECT_CONFIG": str(settings), "PATH": path})
    assert done.returncode == 0, done.stderr[-3000:]
    during, after = (set(keys) for keys in json.loads(done.stdout.splitlines()[-1]))
    copies = {key.split("/workdir/")[1] for key in during if key.startswith("job-")}
    assert {"Makefile", "colorlab/cli.py", "requirements-gpu.lock", "notebooks/09_gpu_training.ipynb"} < copies
    assert not any(re.match(r"\.git/|\.venv/|\.sky/|runs/", name) for name in copies)
    assert after == {"runs/result"}


STORE = """
import json
import boto3, sky, yaml
from sky.backends import CloudVmRayBackend
from sky.data import storage
from sky.utils import controller_utils

def keys():
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket="colorlab-ada")
    return [one["Key"] for page in pages for one in page["Contents"]]

task = yaml.safe_load(open("notebooks/aws/task.yaml"))
task = sky.Task.from_yaml_config(task, env_overrides={"BUCKET": "colorlab-ada"})
storage.get_cached_enabled_storage_cloud_names_or_refresh = lambda *given, **named: ["AWS"]  # what `sky check` found
controller_utils.maybe_translate_local_file_mounts_and_sync_up(task, "jobs")  # as `sky jobs launch` does
during = keys()
CloudVmRayBackend().teardown_ephemeral_storage(task)  # as the controller does at the end of a job
print(json.dumps([during, keys()]))
"""


def guide():
    """The blocks of commands in the guide, in order."""
    return re.findall(r"^```sh\n(.*?)^```", (AWS / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def test_skypilot_has_every_command_and_option_of_the_guide(sky):
    lines = "".join(guide()).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line, comments=True) for line in lines if re.match(r" *sky ", line)]
    assert len(commands) > 8
    names = [words[1 : 3 if words[1] in ("jobs", "gpus", "api") else 2] for words in commands]
    done = sky(HELP, json.dumps(names))
    assert done.returncode == 0, done.stderr[-500:]
    for words, shown in zip(commands, json.loads(done.stdout.splitlines()[-1]), strict=True):
        for option in {word for word in words if word.startswith("--")}:
            assert option in shown, f"{' '.join(words[:3])} has no {option}"


HELP = """
import json, sys
from click.testing import CliRunner
from sky.client.cli.command import cli

shown = [CliRunner().invoke(cli, [*name, "--help"]) for name in json.loads(sys.argv[1])]
assert not any(each.exit_code for each in shown), [each.output for each in shown if each.exit_code]
print(json.dumps([each.output for each in shown]))
"""


# ---- the blocks, by bash


# SkyPilot waits here, in the same shell, until the bucket has everything.
AFTER = '\nstatus=$?\necho "status $status, and now the uploads"\nexit $status\n'


def environment(bucket, **values):
    """What SkyPilot gives to the blocks, with a folder for the bucket."""
    envs = {name: "" if value is None else value for name, value in TASK["envs"].items()}
    return os.environ | envs | {"PROFILE": "smoke", "LOCK": "requirements.lock", "FOLDER": str(bucket)} | values


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
            (folder / ".venv").symlink_to(ROOT / ".venv")
        return folder

    return make


TRAINS = """
from colorlab.training import callbacks
from colorlab.data import datasets
from colorlab.networks import colorizer
from colorlab.base import paths
from colorlab.training import runs
from colorlab.training import loop
from colorlab.base.backend import keras
from colorlab.training.recipe import Recipe

{two_layers}
data = datasets.load("pocket")
recipe = Recipe(depth=2, batch_size=2, epochs=epochs, steps_per_epoch=steps, validation_images=4, precision="float32")
class Show(callbacks.ShowProgress):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        (paths.RUNS / "stepping").touch()

loop.Show = Show
run = loop.train(data, recipe, runs.folder_for("course", recipe, data), network=two_layers)
""".replace("{two_layers}", inspect.getsource(two_layers))


PARAMETERS = "epochs: int = 3  # of the training\nsteps: int = 4  # an epoch"


def notebook(path, source, parameters=PARAMETERS):
    nbformat.write(new_notebook(cells=[cell(parameters, "parameters"), cell(source)]), path)
    return path


def trained(bucket):
    """The run in a bucket, or None before it has an epoch."""
    found = list(bucket.glob("runs/*/history.csv"))
    return runs.Run(found[0].parent) if found else None


def test_a_job_whose_machine_is_taken_away_ends_on_another_as_if_nothing_had_been(machine, tmp_path):
    if CLONES:
        job = {"NOTEBOOK": "09", "PARAMETERS": "-p epochs 6 -p steps_per_epoch 10", "NAME": "trained"}
    else:
        short = notebook(tmp_path / "x.ipynb", TRAINS)
        job = {"NOTEBOOK": str(short), "PARAMETERS": "-p epochs 40", "NAME": "trained"}
    bucket, undisturbed = tmp_path / "bucket", tmp_path / "undisturbed"
    first = machine(1)
    process = started("run", first, bucket, COMMIT="1a2b3c", **job)
    wait_until(lambda: trained(bucket) and len(trained(bucket).history) > 2, process, first)
    take_away(process)
    result = bucket / "notebooks" / "trained.ipynb"
    assert not result.exists()
    checkpoints.found(trained(bucket).folder)[0].unlink()  # the newest was not uploaded yet

    second = machine(2)
    finished(started("run", second, bucket, **job), second)
    starts = trained(bucket).provenance
    if CLONES:
        assert [start["commit"] for start in starts] == ["1a2b3c", "unknown"]
    assert [start["from_step"] > 0 for start in starts] == [False, True]  # it went on, and did not begin anew

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
    path, bucket, there = notebook(tmp_path / "x.ipynb", TRAINS), tmp_path / "bucket", machine(1)
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
    path = notebook(tmp_path / "x.ipynb", WAITS, f'folder: str = "{tmp_path}"  # where it says so')
    process = started("run", there, tmp_path / "bucket", NOTEBOOK=str(path), HOURS="0.012")  # 43 s
    assert process.wait(timeout=120) == 124  # no success
    assert "status 124, and now the uploads" in log_of(there).read_text()
    assert (tmp_path / "waits").exists() and (tmp_path / "told").exists()
    assert [left.name for left in (tmp_path / "bucket" / "notebooks").iterdir()] == ["x.failed.ipynb"]


def test_the_executed_notebook_has_the_name_that_was_asked_for(machine, tmp_path):
    path = notebook(tmp_path / "x.ipynb", "print(epochs)")
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
    (there / "packed").touch()
    assert "data fetch" not in called("gpu")


# ---- the guide, literally

SKY = """#!{python}
import os, subprocess, sys, tempfile, yaml

# A machine of our own in the place of SkyPilot's: it does what `sky jobs launch` would have done, on smoke.
if sys.argv[1:3] == ["jobs", "launch"]:
    task = yaml.safe_load(open("notebooks/aws/task.yaml"))
    given = dict(word.split("=", 1) for option, word in zip(sys.argv, sys.argv[1:]) if option == "--env")
    with tempfile.TemporaryDirectory() as bucket:
        envs = task["envs"] | given | {{"PROFILE": "smoke", "FOLDER": bucket}} | {notebook}
        envs["PARAMETERS"] += {parameters!r}
        subprocess.run(["bash", "-c", task["run"]], env=os.environ | envs, check=True)
        subprocess.run(["aws", "s3", "sync", "--quiet", bucket, "s3://" + envs["BUCKET"]], check=True)
"""
KEEPS = """
import os, shutil
shutil.copytree({run!r}, os.environ["COLORLAB_RUNS"] + f"/course-{{alpha}}")
"""


def test_the_guide_can_be_followed_to_the_letter(sky, aws, tiny_run, tmp_path):
    """Every block in order: against a simulated AWS, and with one of our machines in the place of SkyPilot's."""
    if CLONES:
        program = SKY.format(python=sys.executable, notebook={}, parameters=" -p demonstrations False")
    else:  # a notebook that leaves a run as if it had trained
        keeps = KEEPS.format(run=str(tiny_run.folder))
        short = notebook(tmp_path / "x.ipynb", keeps, "alpha: float = 5.0  # of the run")
        program = SKY.format(python=sys.executable, notebook={"NOTEBOOK": str(short)}, parameters="")
    here = tmp_path / "colorlab"
    (here / ".sky" / "bin").mkdir(parents=True)
    for name in ("notebooks", ".git", ".venv", ".sky/bin/aws"):
        (here / name).symlink_to(ROOT / name)
    (here / ".sky" / "bin" / "sky").write_text(program)
    (here / "make").write_text("#!/bin/sh\n")
    for file in (here / ".sky" / "bin" / "sky", here / "make"):
        file.chmod(0o755)
    env = os.environ | {"COLORLAB_RUNS": str(here / "runs"), "PATH": f"{here}:{os.environ['PATH']}"}

    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "my-vpc"}])
    *blocks, down = guide()
    if not CLONES:  # half a minute; test_s3.py has the same with smaller notebooks
        blocks = [block for block in blocks if "papermill" not in block]
    done = subprocess.run(["bash", "-euxc", "\n".join(blocks)], cwd=here, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = boto3.client("s3").list_objects_v2(Bucket="colorlab-ada")["Contents"]
    names = {each["Key"] for each in found}
    assert {f"notebooks/09_alpha_{alpha}.ipynb" for alpha in (0, 1, 10, 100)} < names
    assert {"in/01.ipynb", "out/01.ipynb", "out/01_plain.ipynb"} < names or not CLONES
    report = (here / "runs" / "aws" / "sweep.pdf").read_bytes()
    assert report.startswith(b"%PDF") and len(list((here / "runs" / "aws" / "runs").glob("course-*"))) > 3
    iam = boto3.client("iam")
    role = iam.get_role_policy(RoleName="colorlab-job", PolicyName="bucket")["PolicyDocument"]
    assert all("colorlab-ada" in each["Resource"] for each in role["Statement"])
    assert iam.list_role_policies(RoleName="colorlab-job")["PolicyNames"] == ["bucket", "job"]
    settings = yaml.safe_load((here / ".sky.yaml").read_text())
    assert settings["aws"]["vpc_name"] == "my-vpc" and "REGION" not in settings["aws"]["ssh_proxy_command"]
    roles = [role for pair in settings["aws"]["remote_identity"] for role in pair.values()]
    assert [
        iam.get_instance_profile(InstanceProfileName=role)["InstanceProfile"]["Roles"][0]["RoleName"] for role in roles
    ] == roles

    # SkyPilot adds SSH from everywhere to a group without rules. To this one it must not.
    named = [{"Name": "group-name", "Values": ["colorlab-closed"]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    assert group["VpcId"] == vpc
    configured = sky(CONFIGURE, group["VpcId"], **env)
    assert configured.returncode == 0, configured.stderr
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert rule["IpRanges"] == [] and [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [group["GroupId"]]

    down = f"export REGION=us-east-1 BUCKET=colorlab-ada\n{down}"
    done = subprocess.run(["bash", "-euc", down], cwd=here, env=env)
    assert done.returncode == 0
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert iam.list_roles()["Roles"] == [] and iam.list_instance_profiles()["InstanceProfiles"] == []
    account = boto3.client("sts").get_caller_identity()["Account"]
    assert boto3.client("budgets").describe_budgets(AccountId=account)["Budgets"] == []
    assert {group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]} == {"default"}
    assert not (here / ".sky.yaml").exists()


@pytest.mark.parametrize("who", ["job", "controller"])
def test_a_role_suffices_for_what_skypilot_does_in_it(who, sky, aws, monkeypatch):
    """As moto enforces policies, but for conditions, and which machine, which it doesn't look at."""
    iam, ec2 = boto3.client("iam"), boto3.client("ec2")
    boto3.client("s3").create_bucket(Bucket="colorlab-ada")
    iam.create_user(UserName=who)
    for name in ("bucket", who):
        policy = (AWS / f"{name}-policy.json").read_text().replace("arn:aws:ec2:*:*:instance/*", "*")
        policy = policy.replace("BUCKET", "colorlab-ada")
        policy = policy.replace('"s3:ListBucket"', '"s3:ListBucket", "s3:HeadBucket"')  # AWS has one name for both
        iam.put_user_policy(UserName=who, PolicyName=name, PolicyDocument=policy)
    key = iam.create_access_key(UserName=who)["AccessKey"]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "ray-cluster-name", "Value": "colorlab-12-0a1b"}]}]
    machine = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)["Instances"][0]
    monkeypatch.delenv("AWS_CONFIG_FILE")  # SkyPilot takes the one that stands in for none for a mistake
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE")
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    keys["PATH"] = f"{ROOT / '.sky' / 'bin'}:{os.environ['PATH']}"
    requests.post(f"{aws}/moto-api/reset-auth", data="0")  # from now on every call must be allowed by a policy
    try:
        for program in (MOUNT, CONFIGURE, START, END) if who == "controller" else (END,):
            done = sky(program, vpc, image, **os.environ | keys)
            assert done.returncode == 0, done.stderr[-2000:]
    finally:
        requests.post(f"{aws}/moto-api/reset-auth", data="1000000000")
    machines = [one for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
    states = {one["InstanceId"]: one["State"]["Name"] for one in machines}
    assert states.pop(machine["InstanceId"]) == "terminated"
    assert list(states.values()) == (["terminated"] if who == "controller" else [])


MOUNT = """
from sky.data import storage
storage.Storage(source="s3://colorlab-ada", mode=storage.StorageMode.MOUNT_CACHED).construct()
"""
CONFIGURE = """
import sys
import boto3
from sky.provision.aws import config
config._configure_security_group(boto3.resource("ec2"), sys.argv[1], "colorlab-closed", [], False)
"""
START = """
import sys
import boto3
tags = [{"ResourceType": "instance", "Tags": [{"Key": "ray-cluster-name", "Value": "colorlab-12-0a1b"}]}]
boto3.client("ec2").run_instances(ImageId=sys.argv[2], MinCount=1, MaxCount=1, TagSpecifications=tags)
"""
END = """
from sky.provision.aws import instance
group = {"GroupName": "a-group-of-ours", "ManagedBySkyPilot": False}
instance.terminate_instances("colorlab-12-0a1b", {"region": "us-east-1", "security_group": group})
"""


def test_no_keys_of_yours_travel(sky, tmp_path):
    """What SkyPilot would copy to a machine, from a home full of keys, once AWS is left out by the machine's role."""
    for name in (".aws/credentials", ".kube/config", ".azure/msal_token_cache.json", ".oci/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a key")

    def copied(settings):
        (tmp_path / "config.yaml").write_text(settings)
        done = sky(COPIED, SKYPILOT_PROJECT_CONFIG=str(tmp_path / "config.yaml"))
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    assert ".kube/config" in str(copied("{}"))
    for name in ("config", "config-closed"):
        assert copied((AWS / f"{name}.yaml").read_text().replace("BUCKET", "colorlab-ada")) == []


COPIED = """
import json
from sky import check, clouds
from sky.skypilot_config import get_nested
from sky.utils.registry import CLOUD_REGISTRY

# As backend_utils.write_cluster_config does: clouds that are told so are left out, and AWS, whose machine has a role.
left_out = {clouds.AWS()}
for name, cloud in CLOUD_REGISTRY.items():
    if get_nested((name.lower(), "remote_identity"), None) == "NO_UPLOAD":
        left_out.add(cloud)
print(json.dumps(sorted(check.get_cloud_credential_file_mounts(left_out))))
"""

# ---- the guide's numbers


def test_what_the_guide_says_of_gpus_follows_from_the_records_and_the_network():
    text = (AWS / "README.md").read_text()
    lines = re.findall(r"^\| (\w+).*?\| (?:some )?([\d,]+)(?: to ([\d,]+))? \|", text, re.MULTILINE)
    said = {gpu: [int(number.replace(",", "")) for number in numbers if number] for gpu, *numbers in lines}
    measured = []
    for name in ("11_mystery/write_up_adadelta_1e-05", "places"):
        run = runs.Run(ROOT / "report" / "results" / name)
        measured.append(run.history[-1]["step"] * run.recipe["batch_size"] / run.history[-1]["seconds"])
    assert said["H200"] == [round(speed, -2) for speed in measured]
    # By the bandwidth of the memory, GB/s; T4 has no bfloat16.
    for gpu, bandwidth in {"L4": 300, "A10G": 600, "T4": 320 / 2}.items():
        assert np.mean(measured) * bandwidth / 4800 == pytest.approx(said[gpu][0], rel=0.05), gpu
    values = sum(math.prod(layer.output.shape[1:]) for layer in colorizer.colorizer().layers)
    assert 2 * 100 * values / 1e9 == pytest.approx(1.5, abs=0.05)  # bytes of bfloat16, batches of 100


# ---- locks


def test_the_gpu_lock_differs_from_the_usual_one_in_tensorflow_and_what_is_nvidias():
    pin = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)", re.MULTILINE)
    usual, gpu = (set(pin.findall((ROOT / f"requirements{kind}.lock").read_text())) for kind in ("", "-gpu"))
    versions = dict(usual)
    assert dict(gpu)["tensorflow"] == versions["tensorflow-cpu"], "run `make lock`"
    assert {name for name, _ in usual - gpu} <= {"tensorflow-cpu"}, "run `make lock`"
    assert all(re.match(r"nvidia-|tensorflow|intel|namex", name) for name, _ in gpu - usual), gpu - usual


@pytest.mark.parametrize("lock", ["requirements-gpu.lock", "notebooks/aws/skypilot.lock"])
def test_what_a_lock_holds_is_pinned_with_hashes_and_names_no_index(lock):
    text = (ROOT / lock).read_text()
    entries = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    assert len(entries) > 50 and "://" not in text
    assert all(re.match(r"[\w.-]+==[\w.!+]+( ;.*?)?( --hash=sha256:[0-9a-f]{64})+$", entry) for entry in entries)
