"""What machines may do: the roles suffice for SkyPilot, and no keys travel."""

import json
import os

import boto3
import pytest
import requests
from aws.task import AWS, CONFIGURE

from colorlab.base.paths import ROOT


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
