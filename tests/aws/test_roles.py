"""What machines may do: the roles suffice for SkyPilot, and no keys travel."""

import json
import os

import boto3
import pytest
import requests
from aws.calls import RECORD, requests_of
from aws.policies import NAMES, allowed, filled, policies_of
from aws.task import AWS

from colorlab.base.paths import ROOT

BEFORE = {"ray-cluster-name": "colorlab-11-0a1b"}  # of a machine that was there before


@pytest.mark.parametrize("who", ["job", "controller"])
def test_a_role_suffices_for_what_skypilot_does_in_it(who, sky, aws, tmp_path, monkeypatch):
    """SkyPilot's own functions, twice: moto enforces actions, and our evaluation of the policies conditions, too."""
    iam, ec2 = boto3.client("iam"), boto3.client("ec2")
    boto3.client("s3").create_bucket(Bucket=NAMES["BUCKET"])
    iam.create_instance_profile(InstanceProfileName="colorlab-job")
    iam.create_user(UserName=who)
    for name in ("bucket", who):
        policy = json.loads(filled((AWS / f"{name}-policy.json").read_text()))
        for statement in policy["Statement"]:
            statement.pop("Condition", None)  # moto looks at none, nor at which machine
            if "arn:aws:ec2" in str(statement["Resource"]):
                statement["Resource"] = "*"
        text = json.dumps(policy)
        text = text.replace('"s3:ListBucket"', '"s3:ListBucket", "s3:HeadBucket"')  # AWS has one name for both
        iam.put_user_policy(UserName=who, PolicyName=name, PolicyDocument=text)
    key = iam.create_access_key(UserName=who)["AccessKey"]
    _lead_to_the_internet(ec2)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": name, "Value": value} for name, value in BEFORE.items()]}]
    machine = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)["Instances"][0]
    monkeypatch.delenv("AWS_CONFIG_FILE")  # SkyPilot takes the one that stands in for none for a mistake
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE")
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    keys |= {"PATH": f"{ROOT / '.sky' / 'bin'}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls")}
    requests.post(f"{aws}/moto-api/reset-auth", data="0")  # from now on every call must be allowed by a policy
    try:
        done = sky(RECORD + (MOUNT + JOB + END if who == "controller" else END), image, **os.environ | keys)
        assert done.returncode == 0, done.stderr[-2000:]
    finally:
        requests.post(f"{aws}/moto-api/reset-auth", data="1000000000")
    machines = [one for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
    assert {one["State"]["Name"] for one in machines} == {"terminated"}
    assert len(machines) == (2 if who == "controller" else 1)

    asked = list(requests_of(tmp_path / "calls", {machine["InstanceId"]: BEFORE}))
    assert {action for action, *_ in asked} >= (DOES if who == "controller" else {"ec2:TerminateInstances"})
    refused = [request for request in asked if not allowed(policies_of(who), *request)]
    assert refused == []


def _lead_to_the_internet(ec2):
    """As the default network of an account does at AWS, and that of moto doesn't."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=ec2.describe_vpcs()["Vpcs"][0]["VpcId"])
    main = [{"Name": "association.main", "Values": ["true"]}]
    table = ec2.describe_route_tables(Filters=main)["RouteTables"][0]["RouteTableId"]
    ec2.create_route(RouteTableId=table, GatewayId=gateway, DestinationCidrBlock="0.0.0.0/0")


DOES = {f"ec2:{name}Instances" for name in ("Describe", "Run", "Start", "Stop", "Terminate")}
DOES |= {"ec2:CreateTags", "ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "iam:PassRole"}
MOUNT = """
from sky.data import storage
storage.Storage(source="s3://colorlab-ada", mode=storage.StorageMode.MOUNT_CACHED).construct()
"""
# A job's machine is started as SkyPilot's template for AWS says, stopped, started again and ended.
JOB = """
import sys
from sky.clouds.aws import DEFAULT_SECURITY_GROUP_NAME
from sky.provision import common
from sky.provision.aws import config, instance

user = [{"Key": "skypilot-user", "Value": "ada"}]
group = {"GroupName": DEFAULT_SECURITY_GROUP_NAME, "ManagedBySkyPilot": True}
provider = {"region": "us-east-1", "availability_zone": "us-east-1a", "use_internal_ips": False}
provider["security_group"] = group
node = {"InstanceType": "g6.xlarge", "ImageId": sys.argv[1], "IamInstanceProfile": {"Name": "colorlab-job"}}
node["InstanceMarketOptions"] = {"MarketType": "spot"}
node["TagSpecifications"] = [{"ResourceType": kind, "Tags": user} for kind in ("instance", "volume")]
name = "colorlab-12-0a1b"
wanted = common.ProvisionConfig(provider, {}, {}, node, 1, {}, True, None)
for turn in ("first", "resumed"):
    ready = config.bootstrap_instances("us-east-1", name, wanted)
    record = instance.run_instances("us-east-1", name, name, ready)
    assert bool(record.resumed_instance_ids) == (turn == "resumed")
    assert instance.get_cluster_info("us-east-1", name, provider).head_instance_id
    instance.stop_instances(name, provider)
    assert instance.query_instances(name, name, provider)
instance.terminate_instances(name, provider)
"""
END = """
from sky.provision.aws import instance
group = {"GroupName": "a-group-of-ours", "ManagedBySkyPilot": False}
instance.terminate_instances("colorlab-11-0a1b", {"region": "us-east-1", "security_group": group})
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
        assert copied(filled((AWS / f"{name}.yaml").read_text())) == []


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
