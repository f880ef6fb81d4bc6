"""What account.py makes, makes again and deletes, in a simulated AWS."""

import importlib.util

import boto3
import pytest
from aws.task import AWS
from botocore.client import BaseClient

VARIABLES = {"REGION": "us-east-1", "BUCKET": "colorlab-ada", "MAIL": "me@example.com"}


@pytest.fixture
def account(aws, tmp_path, monkeypatch):
    """Run account.py in a folder of its own, by its words."""
    specification = importlib.util.spec_from_file_location("account", AWS / "account.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return module.main


def test_it_may_be_repeated_and_resumes_where_it_was_stopped(account, tmp_path):
    iam, ec2 = boto3.client("iam"), boto3.client("ec2")
    account(["up"])
    iam.remove_role_from_instance_profile(InstanceProfileName="colorlab-job", RoleName="colorlab-job")
    iam.delete_role_policy(RoleName="colorlab-job", PolicyName="job")
    account(["up"])
    for who in ("job", "controller"):
        profile = iam.get_instance_profile(InstanceProfileName=f"colorlab-{who}")["InstanceProfile"]
        assert [role["RoleName"] for role in profile["Roles"]] == [f"colorlab-{who}"]
        assert iam.list_role_policies(RoleName=f"colorlab-{who}")["PolicyNames"] == ["bucket", who]
    policy = iam.get_role_policy(RoleName="colorlab-controller", PolicyName="controller")["PolicyDocument"]
    assert not {"REGION", "ACCOUNT", "BUCKET"} & set(str(policy).replace(":", "/").split("/"))
    assert "s3://colorlab-ada" in (tmp_path / ".sky.yaml").read_text()

    role = {"Name": "colorlab-job"}
    machine = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, IamInstanceProfile=role)
    with pytest.raises(SystemExit, match="the machine i-.* is still there"):
        account(["down"])
    assert boto3.client("s3").list_buckets()["Buckets"]

    ec2.terminate_instances(InstanceIds=[machine["Instances"][0]["InstanceId"]])
    iam.delete_role_policy(RoleName="colorlab-job", PolicyName="job")
    for _ in range(2):
        account(["down"])
    assert iam.list_instance_profiles()["InstanceProfiles"] == [] and not (tmp_path / ".sky.yaml").exists()


def test_what_is_wrong_is_said_in_one_sentence(account, monkeypatch):
    with pytest.raises(SystemExit, match="has 0 networks .* named nowhere"):
        account(["closed", "nowhere"])
    boto3.client("s3", region_name="eu-west-1").create_bucket(
        Bucket="colorlab-ada", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with pytest.raises(SystemExit, match="colorlab-ada is in eu-west-1, not in us-east-1"):
        account(["up"])
    monkeypatch.setenv("BUCKET", "Not a name")
    with pytest.raises(SystemExit, match="^AWS refuses: "):
        account(["up"])
    monkeypatch.delenv("BUCKET")
    with pytest.raises(SystemExit, match="BUCKET is not set"):
        account(["up"])
    with pytest.raises(SystemExit, match="account.py up "):
        account(["sideways"])


def test_a_bucket_that_it_did_not_make_is_neither_used_nor_deleted(account):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="colorlab-ada")
    s3.put_object(Bucket="colorlab-ada", Key="thesis.pdf", Body=b"the only copy")
    for tags in ([], [{"Key": "colorlab", "Value": "thesis"}]):
        s3.put_bucket_tagging(Bucket="colorlab-ada", Tagging={"TagSet": tags})
        with pytest.raises(SystemExit, match="no tag colorlab=course, .* choose another name for BUCKET in env.sh"):
            account(["up"])
        with pytest.raises(SystemExit, match="no tag colorlab=course, .* correct BUCKET in env.sh"):
            account(["down"])
    s3.delete_bucket_tagging(Bucket="colorlab-ada")
    for word in ("up", "down"):
        with pytest.raises(SystemExit, match="no tag colorlab=course"):
            account([word])
    assert s3.get_object(Bucket="colorlab-ada", Key="thesis.pdf")["Body"].read() == b"the only copy"
    assert boto3.client("iam").list_roles()["Roles"] == []


def test_an_object_that_aws_does_not_delete_is_named(account, monkeypatch):
    account(["up"])
    boto3.client("s3").put_object(Bucket="colorlab-ada", Key="runs/kept", Body=b"")
    call = BaseClient._make_api_call

    def refusing(self, operation, parameters):
        if operation == "DeleteObjects":
            return {"Errors": [{"Key": "runs/kept", "Code": "AccessDenied"}]}
        return call(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", refusing)
    with pytest.raises(SystemExit, match="did not delete s3://colorlab-ada/runs/kept .AccessDenied."):
        account(["down"])
