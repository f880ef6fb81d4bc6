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
        envs = task["envs"] | given | {{"PROFILE": "smoke", "FOLDER": bucket}}
        envs["PARAMETERS"] += {parameters!r}
        subprocess.run(["bash", "-c", task["run"]], env=os.environ | envs, check=True)
        if not {executes}:  # the notebook was prepared: leave a run as if it had trained
            shutil.copytree({run!r}, bucket + "/runs/course-" + envs["NAME"])
        subprocess.run(["aws", "s3", "sync", "--quiet", bucket, "s3://" + envs["BUCKET"]], check=True)
"""


def test_the_guide_can_be_followed_to_the_letter(sky, aws, tiny_run, tmp_path):
    """Every block in order: against a simulated AWS, and with one of our machines in the place of SkyPilot's."""
    # test_jobs.py executes notebooks by the same block; here it is enough to prepare them, but for make soak.
    parameters = " -p demonstrations False" if CLONES else " --prepare-only"
    program = SKY.format(python=sys.executable, parameters=parameters, executes=CLONES, run=str(tiny_run.folder))
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
