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
