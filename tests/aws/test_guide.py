"""The guide, followed to the letter against a simulated AWS, and its numbers."""

import math
import os
import re
import subprocess
import sys

import boto3
import numpy as np
import pytest
import yaml
from aws.policies import NAMES
from aws.task import AWS, CLONES, CONFIGURE, guide

from colorlab.base.paths import ROOT
from colorlab.networks import colorizer
from colorlab.training import runs

SKY = """#!{python}
import os, shutil, subprocess, sys, tempfile, yaml

# A machine of our own in the place of SkyPilot's: it does what `sky jobs launch` would have done, on smoke.
if sys.argv[1:3] == ["jobs", "launch"]:
    task = yaml.safe_load(open("notebooks/aws/task.yaml"))
    given = dict(word.split("=", 1) for option, word in zip(sys.argv, sys.argv[1:]) if option == "--env")
    with tempfile.TemporaryDirectory() as bucket:
        envs = task["envs"] | given | {{"PROFILE": "smoke", "FOLDER": bucket, "SKYPILOT_TASK_ID": str(os.getpid())}}
        envs["PARAMETERS"] += {parameters!r}
        subprocess.run(["bash", "-c", task["run"]], env=os.environ | envs, check=True)
        if not {executes}:  # the notebook was prepared: leave a run as if it had trained
            shutil.copytree({run!r}, bucket + "/runs/course-" + envs["NAME"])
        subprocess.run(["aws", "s3", "sync", "--quiet", bucket, "s3://" + envs["BUCKET"]], check=True)
"""
# moto knows no quotas: there the command checks its own words, and shows the form of an answer.
AWS_COMMAND = """#!/bin/sh
[ "$1" = service-quotas ] && set -- "$@" --generate-cli-skeleton output
exec {aws} "$@"
"""


def test_the_guide_can_be_followed_to_the_letter(sky, aws, tiny_run, tmp_path):
    """Every block in order, each in a new shell: against a simulated AWS, with our machines in SkyPilot's place."""
    # test_jobs.py executes notebooks by the same block; here it is enough to prepare them, but for make soak.
    parameters = " -p demonstrations False" if CLONES else " --prepare-only"
    program = SKY.format(python=sys.executable, parameters=parameters, executes=CLONES, run=str(tiny_run.folder))
    here = tmp_path / "colorlab"
    (here / ".sky" / "bin").mkdir(parents=True)
    for name in ("notebooks", ".git", ".venv"):
        (here / name).symlink_to(ROOT / name)
    (here / ".sky" / "bin" / "sky").write_text(program)
    (here / ".sky" / "bin" / "aws").write_text(AWS_COMMAND.format(aws=ROOT / ".sky" / "bin" / "aws"))
    (here / "make").write_text("#!/bin/sh\n")
    for file in (*(here / ".sky" / "bin").iterdir(), here / "make"):
        file.chmod(0o755)
    env = os.environ | {"COLORLAB_RUNS": str(here / "runs"), "PATH": f"{here}:{os.environ['PATH']}"}
    ec2, s3, iam = boto3.client("ec2"), boto3.client("s3"), boto3.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "my-vpc"}])

    def follow(blocks):
        said = [
            subprocess.run(["bash", "-euc", block], cwd=here, env=env, capture_output=True, text=True)
            for block in blocks
        ]
        for block, done in zip(blocks, said, strict=True):
            assert done.returncode == 0, f"{block}\n{done.stderr[-3000:]}"
        return "".join(done.stdout for done in said)

    *blocks, down = guide()
    if not CLONES:  # half a minute; test_s3.py has the same with smaller notebooks
        blocks = [block for block in blocks if "papermill" not in block]
    said = follow(blocks)
    assert NAMES["ACCOUNT"] in said and "all is there" in said
    keys = {each["Key"] for each in s3.list_objects_v2(Bucket="colorlab-ada")["Contents"]}
    assert {f"notebooks/09_alpha_{alpha}.ipynb" for alpha in (0, 1, 10, 100)} < keys
    assert {"in/01.ipynb", "out/01.ipynb", "out/01_plain.ipynb"} < keys or not CLONES
    assert sum(key.startswith("deadlines/") for key in keys) == 6
    report = (here / "runs" / "aws" / "sweep.pdf").read_bytes()
    assert report.startswith(b"%PDF") and len(list((here / "runs" / "aws" / "runs").glob("course-*"))) > 3
    settings = yaml.safe_load((here / ".sky.yaml").read_text())
    assert settings["aws"]["vpc_name"] == "my-vpc" and "REGION" not in str(settings)
    roles = [role for pair in settings["aws"]["remote_identity"] for role in pair.values()]
    for role in roles:
        (found,) = iam.get_instance_profile(InstanceProfileName=role)["InstanceProfile"]["Roles"]
        assert found["RoleName"] == role

    # SkyPilot adds SSH from everywhere to a group without rules. To this one it must not.
    named = [{"Name": "group-name", "Values": ["colorlab-closed"]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    assert group["VpcId"] == vpc
    configured = sky(CONFIGURE, group["VpcId"], **env)
    assert configured.returncode == 0, configured.stderr
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert rule["IpRanges"] == [] and [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [group["GroupId"]]

    assert "all is gone" in follow([down])
    assert s3.list_buckets()["Buckets"] == []
    assert {role["Path"] for role in iam.list_roles()["Roles"]} == {"/aws-service-role/spot.amazonaws.com/"}
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    assert boto3.client("budgets").describe_budgets(AccountId=NAMES["ACCOUNT"])["Budgets"] == []
    assert {group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]} == {"default"}
    assert not (here / ".sky.yaml").exists()


def test_every_block_begins_with_the_variables_and_ends_a_loop_at_the_first_error():
    blocks = guide()
    start = next(number for number, block in enumerate(blocks) if block.startswith(". runs/aws/env.sh\n"))
    assert "cp notebooks/aws/env.sh runs/aws/env.sh" in blocks[start - 1]
    assert all(block.startswith(". runs/aws/env.sh\n") for block in blocks[start:])
    assert not any("#" in block.replace("#RECOVERIES", "") for block in blocks)  # zsh takes a comment for words
    loops = [re.search(r"\bdo\n(.*)^done", block, re.DOTALL | re.MULTILINE) for block in blocks if "\ndone" in block]
    assert len(loops) == 2 and all(loop[1].endswith("|| break\n") for loop in loops)


def test_what_the_guide_says_of_gpus_follows_from_the_records_and_the_network():
    text = (AWS / "README.md").read_text()
    lines = re.findall(r"^\| (\w+).*?float\d+ \| (?:some )?([\d,]+)(?: to ([\d,]+))? \|", text, re.MULTILINE)
    said = {gpu: [int(number.replace(",", "")) for number in numbers if number] for gpu, *numbers in lines}
    measured = []
    for name in ("11_mystery/write_up_adadelta_1e-05", "places"):
        run = runs.Run(ROOT / "report" / "results" / name)
        measured.append(run.history[-1]["step"] * run.recipe["batch_size"] / run.history[-1]["seconds"])
    assert said["H200"] == [round(speed, -2) for speed in measured]
    costs = re.search(r"for ([\d.]+) dollars an hour.*?has cost (\d+\.\d+)", text, re.DOTALL)
    hour, day = map(float, costs.groups())
    assert day == pytest.approx(24 * hour, abs=0.005)  # what the controller costs until it turns itself off
    # By the bandwidth of the memory, GB/s; T4 has no bfloat16.
    for gpu, bandwidth in {"L4": 300, "A10G": 600, "T4": 320 / 2}.items():
        assert np.mean(measured) * bandwidth / 4800 == pytest.approx(said[gpu][0], rel=0.05), gpu
    values = sum(math.prod(layer.output.shape[1:]) for layer in colorizer.colorizer().layers)
    assert 2 * 100 * values / 1e9 == pytest.approx(1.5, abs=0.05)  # bytes of bfloat16, batches of 100
