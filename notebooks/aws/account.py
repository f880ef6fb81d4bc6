"""What the jobs need in your AWS account, and SkyPilot's settings for them: made, and deleted again.

    . runs/aws/env.sh
    .venv/bin/python notebooks/aws/account.py up               # may be repeated: what is there stays
    .venv/bin/python notebooks/aws/account.py closed VPC_NAME  # after `up`, for machines without an open port
    .venv/bin/python notebooks/aws/account.py down             # the bucket with all results included; may be repeated

It stops at the first error. The README.md beside this file is the guide.
"""

import json
import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

HERE = Path(__file__).parent
SETTINGS = Path(".sky.yaml")  # where SkyPilot looks for a project's settings
ROLES = ("job", "controller")
GROUP = "colorlab-closed"
TAG = {"Key": "colorlab", "Value": "course"}  # on the bucket that `up` makes: `down` deletes no other
FOR_MACHINES = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


class Account:
    """Your account in one region, by the variables of env.sh."""

    def __init__(self):
        missing = [name for name in ("REGION", "BUCKET", "MAIL") if not os.environ.get(name)]
        if missing:
            sys.exit(f"{missing[0]} is not set: read the variables first, by: . runs/aws/env.sh")
        self.region, self.bucket, self.mail = (os.environ[name] for name in ("REGION", "BUCKET", "MAIL"))
        session = boto3.Session(region_name=self.region)
        self.s3, self.iam, self.ec2, self.budgets = map(session.client, ("s3", "iam", "ec2", "budgets"))
        me = session.client("sts").get_caller_identity()
        if me["Arn"].endswith(":root"):
            sys.exit("these are the keys of the account's root user: delete them, and use those of an administrator")
        self.number = me["Account"]

    def filled(self, name, **more):
        """A file of this folder with your names in it."""
        text = (HERE / name).read_text()
        for word, value in {"BUCKET": self.bucket, "REGION": self.region, "ACCOUNT": self.number, **more}.items():
            text = text.replace(word, value)
        return text

    def up(self):
        print(f"the bucket s3://{self.bucket} in {self.region}")
        self._make_bucket()
        for who in ROLES:
            print(f"the role colorlab-{who}")
            self._make_role(who)
        print("AWS's own role for spot machines")
        if not self.iam.list_roles(PathPrefix="/aws-service-role/spot.amazonaws.com/")["Roles"]:
            self.iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")
        print(f"a mail to {self.mail} when a month has cost 16 of 20 dollars")
        quietly("DuplicateRecordException", self.budgets.create_budget, **self._budget())
        SETTINGS.write_text(self.filled("config.yaml"))
        print(f"SkyPilot's settings in {SETTINGS}\nall is there")

    def _make_bucket(self):
        if not self._has_bucket():
            elsewhere = {} if self.region == "us-east-1" else {"LocationConstraint": self.region}
            more = {"CreateBucketConfiguration": elsewhere} if elsewhere else {}
            self.s3.create_bucket(Bucket=self.bucket, **more)
            self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": [TAG]})
        found = self.s3.get_bucket_location(Bucket=self.bucket)["LocationConstraint"] or "us-east-1"
        if found != self.region:
            sys.exit(f"your bucket {self.bucket} is in {found}, not in {self.region}: change one of them in env.sh")
        self._refuse_foreign_bucket("choose another name for BUCKET in env.sh, or delete it if it is empty")

    def _has_bucket(self):
        # We ask first: in us-east-1, AWS answers a second create_bucket as if it had made the bucket.
        return self.bucket in [each["Name"] for each in self.s3.list_buckets()["Buckets"]]

    def _refuse_foreign_bucket(self, remedy):
        answer = quietly("NoSuchTagSet", self.s3.get_bucket_tagging, Bucket=self.bucket)
        if answer is None or TAG not in answer["TagSet"]:
            why = "has no tag colorlab=course, so account.py did not make it"
            sys.exit(f"your bucket {self.bucket} {why}: {remedy}")

    def _make_role(self, who):
        trust = json.dumps({"Version": "2012-10-17", "Statement": [FOR_MACHINES]})
        name, profile = {"RoleName": f"colorlab-{who}"}, {"InstanceProfileName": f"colorlab-{who}"}
        quietly("EntityAlreadyExists", self.iam.create_role, **name, AssumeRolePolicyDocument=trust)
        for policy in ("bucket", who):
            text = self.filled(f"{policy}-policy.json")
            self.iam.put_role_policy(**name, PolicyName=policy, PolicyDocument=text)
        quietly("EntityAlreadyExists", self.iam.create_instance_profile, **profile)
        if not self.iam.get_instance_profile(**profile)["InstanceProfile"]["Roles"]:
            self.iam.add_role_to_instance_profile(**profile, **name)

    def _budget(self):
        limit = {"Amount": "20", "Unit": "USD"}
        budget = {"BudgetName": "colorlab", "TimeUnit": "MONTHLY", "BudgetType": "COST", "BudgetLimit": limit}
        when = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
        who = [{"SubscriptionType": "EMAIL", "Address": self.mail}]
        mails = [{"Notification": when, "Subscribers": who}]
        return {"AccountId": self.number, "Budget": budget, "NotificationsWithSubscribers": mails}

    def closed(self, vpc_name):
        """The group of rules that config-closed.yaml names, roles that Systems Manager reaches, and the settings."""
        named = [{"Name": "tag:Name", "Values": [vpc_name]}]
        vpcs = self.ec2.describe_vpcs(Filters=named)["Vpcs"]
        if len(vpcs) != 1:
            sys.exit(f"{self.region} has {len(vpcs)} networks (VPCs) that are named {vpc_name}; it must have one")
        if not self._groups():
            # Its members reach each other only. To a group without any rule SkyPilot would add port 22.
            about = {"GroupName": GROUP, "Description": "colorlab: no port", "VpcId": vpcs[0]["VpcId"]}
            group = self.ec2.create_security_group(**about)["GroupId"]
            members = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
            self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=members)
        for who in ROLES:
            policy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
            self.iam.attach_role_policy(RoleName=f"colorlab-{who}", PolicyArn=policy)
        SETTINGS.write_text(self.filled("config-closed.yaml", VPC_NAME=vpc_name))
        print(f"the group {GROUP}, and settings for machines without an open port in {SETTINGS}")

    def _groups(self):
        named = [{"Name": "group-name", "Values": [GROUP]}]
        return [each["GroupId"] for each in self.ec2.describe_security_groups(Filters=named)["SecurityGroups"]]

    def down(self):
        # Machines would cost on, with no role left in which they could end themselves.
        there = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
        pages = self.ec2.get_paginator("describe_instances").paginate(Filters=there)
        for one in (one for page in pages for each in page["Reservations"] for one in each["Instances"]):
            if one.get("IamInstanceProfile", {}).get("Arn", "").endswith(("/colorlab-job", "/colorlab-controller")):
                sys.exit(f"the machine {one['InstanceId']} is still there: end it first (sky jobs cancel, sky down)")
        print(f"the bucket s3://{self.bucket}")
        self._delete_bucket()
        for who in ROLES:
            print(f"the role colorlab-{who}")
            self._delete_role(who)
        print("the group of rules, the budget and the settings")
        for group in self._groups():
            self.ec2.delete_security_group(GroupId=group)
        quietly("NotFoundException", self.budgets.delete_budget, AccountId=self.number, BudgetName="colorlab")
        SETTINGS.unlink(missing_ok=True)
        print("all is gone")

    def _delete_bucket(self):
        if not self._has_bucket():
            return  # gone already, or somebody else's
        self._refuse_foreign_bucket("correct BUCKET in env.sh, or delete the bucket yourself")
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            keys = [{"Key": each["Key"]} for each in page.get("Contents", [])]
            answer = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True}) if keys else {}
            for error in answer.get("Errors", []):
                kept = f"s3://{self.bucket}/{error['Key']}"
                sys.exit(f"AWS did not delete {kept} ({error['Code']}): remove what protects it, and repeat `down`")
        self.s3.delete_bucket(Bucket=self.bucket)

    def _delete_role(self, who):
        name, profile = {"RoleName": f"colorlab-{who}"}, {"InstanceProfileName": f"colorlab-{who}"}
        quietly("NoSuchEntity", self.iam.remove_role_from_instance_profile, **profile, **name)
        quietly("NoSuchEntity", self.iam.delete_instance_profile, **profile)
        attached = quietly("NoSuchEntity", self.iam.list_attached_role_policies, **name) or {"AttachedPolicies": []}
        for policy in attached["AttachedPolicies"]:
            self.iam.detach_role_policy(**name, PolicyArn=policy["PolicyArn"])
        for policy in ("bucket", who):
            quietly("NoSuchEntity", self.iam.delete_role_policy, **name, PolicyName=policy)
        quietly("NoSuchEntity", self.iam.delete_role, **name)


def quietly(expected, call, **arguments):
    """A call's answer, or None where AWS answers that it is done already."""
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != expected:
            raise
        return None


def main(words):
    tasks = {("up", 1): Account.up, ("closed", 2): Account.closed, ("down", 1): Account.down}
    task = tasks.get((words[0] if words else "", len(words)))
    if task is None:
        sys.exit(__doc__)
    try:
        task(Account(), *words[1:])
    except (ClientError, BotoCoreError) as error:
        sys.exit(f"AWS refuses: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
