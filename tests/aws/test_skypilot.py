"""SkyPilot reads the task, its settings and the commands of the guide, and copies this folder."""

import json
import os
import re
import shlex
from fnmatch import fnmatch

import boto3
from aws.task import AWS, TASK, guide

from colorlab.base.paths import ROOT

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
    text = open(f"notebooks/aws/{name}.yaml").read().replace("BUCKET", sys.argv[2]).replace("REGION", "us-east-1")
    settings[name] = yaml.safe_load(text)
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
    for settings in read["settings"].values():
        assert settings["jobs"]["controller"]["resources"] == {"infra": "aws/us-east-1", "instance_type": "m6i.xlarge"}

    refused = sky(READ, "NOTEBOOK", "09")
    assert refused.returncode != 0 and "'BUCKET' is None" in refused.stderr
    misspelt = sky(READ.replace('task.yaml")', 'task.yaml").read().replace("use_spot", "use_")'), "BUCKET", "b")
    assert misspelt.returncode != 0 and "use_" in misspelt.stderr


# A list of prices in which larger machines are cheaper: SkyPilot takes the cheapest that fits.
PRICES = """InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,\
Region,AvailabilityZone,Arch
g4dn.xlarge,T4,1.0,4.0,16.0,,5,2,us-east-1,use1-az1,x86_64
g4dn.2xlarge,T4,1.0,8.0,32.0,,2,1,us-east-1,use1-az1,x86_64
g5.xlarge,A10G,1.0,4.0,16.0,,5,2,us-east-1,use1-az1,x86_64
g5.8xlarge,A10G,1.0,32.0,128.0,,2,1,us-east-1,use1-az1,x86_64
g6.xlarge,L4,1.0,4.0,16.0,,5,2,us-east-1,use1-az1,x86_64
g6.4xlarge,L4,1.0,16.0,64.0,,2,1,us-east-1,use1-az1,x86_64
m6i.xlarge,,,4.0,16.0,,5,2,us-east-1,use1-az1,x86_64
m6id.xlarge,,,4.0,16.0,,2,1,us-east-1,use1-az1,x86_64
"""


def test_the_machines_that_skypilot_takes_for_the_task_are_those_that_the_controller_may_start(sky, tmp_path):
    prices = tmp_path / ".sky" / "catalogs" / "v8" / "aws"  # tmp_path is SkyPilot's home
    prices.mkdir(parents=True)
    (prices / "vms.csv").write_text(PRICES)
    done = sky(PICK)
    assert done.returncode == 0, done.stderr[-2000:]
    policy = json.loads((AWS / "controller-policy.json").read_text())
    (types,) = [
        each["Condition"]["StringEquals"]["ec2:InstanceType"]
        for each in policy["Statement"]
        if "ec2:InstanceType" in str(each)
    ]
    assert json.loads(done.stdout.splitlines()[-1]) == [["g5.xlarge", "g6.xlarge"], ["g4dn.xlarge"], ["m6i.xlarge"]]
    assert sorted(types) == ["g4dn.xlarge", "g5.xlarge", "g6.xlarge", "m6i.xlarge"]


# As `sky jobs launch` does with the task, with --gpus T4:1, and with the guide's options for a machine without a GPU.
PICK = """
import json
import sky, yaml
from sky import clouds

def taken(**override):
    task = yaml.safe_load(open("notebooks/aws/task.yaml"))
    task["resources"] |= {"infra": "aws/us-east-1"} | override
    resources = sky.Task.from_yaml_config(task, env_overrides={"BUCKET": "b"}).resources
    found = [clouds.AWS()._get_feasible_launchable_resources(each).resources_list for each in resources]
    return sorted(one.instance_type for each in found for one in each)

gpu, small = {"accelerators": "T4:1"}, {"accelerators": None, "instance_type": "m6i.xlarge"}
print(json.dumps([taken(), taken(**gpu), taken(**small)]))
"""


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
    assert {"Makefile", "colorlab/cli/main.py", "requirements-gpu.lock", "notebooks/09_gpu_training.ipynb"} < copies
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
