"""What AWS asks a policy before it does a call, by the Service Authorization Reference; for this folder's tests."""

import json
import pathlib

from aws.policies import NAMES

# Put before a program that SkyPilot's Python runs: notes each call to AWS in the file $CALLS.
RECORD = """
import json, os
import botocore.client
call = botocore.client.BaseClient._make_api_call
def noted(self, operation, parameters):
    answer = call(self, operation, parameters)
    made = [each["InstanceId"] for each in answer.get("Instances", [])] + [answer.get("GroupId")]
    with open(os.environ["CALLS"], "a") as file:
        line = [self.meta.service_model.service_name, operation, parameters, self.meta.region_name, made]
        file.write(json.dumps(line, default=str) + "\\n")
    return answer
botocore.client.BaseClient._make_api_call = noted
"""


def requests_of(path, tags):
    """What AWS asks the policies for the calls noted in a file: (action, resource, context) each.

    `tags` has those of the things that were there before, by their ids.
    """
    tags = dict(tags)
    for line in pathlib.Path(path).read_text().splitlines():
        service, operation, parameters, region, made = json.loads(line)
        if service == "ec2":
            yield from _of_ec2(operation, parameters, region, tags)
            specified = parameters.get("TagSpecifications", [])
            tags |= {each: _tags(specified[0]["Tags"]) for each in made if each and specified}
        elif service == "s3":
            action = {"HeadBucket": "ListBucket", "ListBuckets": "ListAllMyBuckets"}.get(operation, operation)
            bucket = parameters.get("Bucket")
            yield f"s3:{action}", f"arn:aws:s3:::{bucket}" if bucket else "*", {}
        elif service != "sts":  # GetCallerIdentity needs no permission
            raise NotImplementedError(f"{service} {operation}")


def _of_ec2(operation, parameters, region, tags):
    def arn(kind, name="*"):
        account = "" if kind == "image" else NAMES["ACCOUNT"]
        return f"arn:aws:ec2:{region}:{account}:{kind}/{name}"

    where = {"aws:RequestedRegion": region, "ec2:Region": region}
    action = f"ec2:{operation}"
    specified = {each["ResourceType"]: _tags(each["Tags"]) for each in parameters.get("TagSpecifications", [])}
    if operation.startswith("Describe"):
        yield action, "*", where
    elif operation == "RunInstances":
        for kind in ("image", "instance", "network-interface", "security-group", "subnet", "volume"):
            context = where | _keys("aws:RequestTag", specified.get(kind, {}))
            if kind == "instance":
                context |= {"ec2:InstanceType": parameters["InstanceType"]}
            yield action, arn(kind), context
        role = f"arn:aws:iam::{NAMES['ACCOUNT']}:role/{parameters['IamInstanceProfile']['Name']}"
        yield "iam:PassRole", role, {"iam:PassedToService": "ec2.amazonaws.com"}
    elif operation == "CreateSecurityGroup":
        yield action, arn("security-group"), where | _keys("aws:RequestTag", specified["security-group"])
        yield action, arn("vpc", parameters["VpcId"]), where
    elif operation == "CreateTags":
        for name in parameters["Resources"]:
            context = _keys("aws:RequestTag", _tags(parameters["Tags"])) | _keys("ec2:ResourceTag", tags.get(name, {}))
            yield action, arn({"i": "instance", "vol": "volume"}[name.split("-")[0]], name), where | context
    elif operation in ("StartInstances", "StopInstances", "TerminateInstances"):
        for name in parameters["InstanceIds"]:
            yield action, arn("instance", name), where | _keys("ec2:ResourceTag", tags.get(name, {}))
    elif operation.startswith("AuthorizeSecurityGroup"):
        name = parameters["GroupId"]
        yield action, arn("security-group", name), where | _keys("ec2:ResourceTag", tags.get(name, {}))
    else:
        raise NotImplementedError(operation)
    for kind, given in specified.items():  # tagging at creation is asked for, too
        yield "ec2:CreateTags", arn(kind), where | {"ec2:CreateAction": operation} | _keys("aws:RequestTag", given)


def _tags(given):
    return {tag["Key"]: tag["Value"] for tag in given}


def _keys(name, tags):
    return {f"{name}/{key}": value for key, value in tags.items()}
