"""The guide's sentences about who may do what, each held against the policies."""

import re

import pytest
from aws.policies import NAMES, allowed, policies_of
from aws.task import AWS


def arn(kind, name="0a1b", region=NAMES["REGION"], account=NAMES["ACCOUNT"]):
    return f"arn:aws:ec2:{region}:{account}:{kind}/{name}"


def named(name, key="ec2:ResourceTag"):
    return {f"{key}/ray-cluster-name": name}


MACHINE, ELSEWHERE, OTHER_ACCOUNT = (
    arn("instance"),
    arn("instance", region="eu-west-1"),
    arn("instance", account="2" * 12),
)
JOB, CONTROLLER, MINE = named("colorlab-12-0a1b"), named("sky-jobs-controller-0a1b2c3d"), named("my-own")
CREATED = {"ec2:CreateAction": "RunInstances"}
AS_A_JOB = {"ec2:InstanceType": "g6.xlarge"} | named("colorlab-12-0a1b", "aws:RequestTag")
IN_OURS, IN_ANOTHER = ("arn:aws:s3:::colorlab-ada/runs/a", "arn:aws:s3:::colorlab-bob/runs/a")
TO_MACHINES = {"iam:PassedToService": "ec2.amazonaws.com"}
OBJECTS = [f"s3:{name}Object" for name in ("Get", "Put", "Delete")]
STATES = [f"ec2:{name}Instances" for name in ("Start", "Stop", "Terminate")]
TAGGED = {"ec2:ResourceTag/skypilot": "true"}
RULES = ["ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"]


def role(name):
    return f"arn:aws:iam::{NAMES['ACCOUNT']}:{name}"


PROFILE = {"ec2:InstanceProfile": role("instance-profile/colorlab-controller")}
BUCKET = [  # the bucket as either role uses it
    *[(True, action, IN_OURS) for action in OBJECTS],
    (True, "s3:ListBucket", "arn:aws:s3:::colorlab-ada"),
    *[(False, action, IN_ANOTHER) for action in OBJECTS],
    (False, "s3:ListBucket", "arn:aws:s3:::colorlab-bob"),
    (False, "s3:DeleteBucket", "arn:aws:s3:::colorlab-ada"),
    (False, "s3:PutBucketPolicy", "arn:aws:s3:::colorlab-ada"),
]
# Sentence of the guide: (whether it is allowed, action, resource, context) each.
SENTENCES = {
    "job": {
        "It lists, reads, writes and deletes what is in your bucket, and in no other.": BUCKET,
        "It ends machines of jobs in your region, itself should it be forgotten, and no other machine.": [
            (True, "ec2:TerminateInstances", MACHINE, JOB),
            (False, "ec2:TerminateInstances", MACHINE, MINE),
            (False, "ec2:TerminateInstances", MACHINE, CONTROLLER),
            (False, "ec2:TerminateInstances", MACHINE),
            (False, "ec2:TerminateInstances", ELSEWHERE, JOB),
            (False, "ec2:TerminateInstances", OTHER_ACCOUNT, JOB),
        ],
        "It starts, stops and tags no machine.": [
            (False, "ec2:RunInstances", MACHINE, AS_A_JOB),
            *[(False, action, MACHINE, JOB) for action in STATES[:2]],
            (False, "ec2:CreateTags", MACHINE, JOB),
            (False, "ec2:CreateTags", MACHINE, CREATED),
            (False, "iam:PassRole", role("role/colorlab-job"), TO_MACHINES),
        ],
    },
    "controller": {
        "It uses your bucket as a job does, and sees the names of your other buckets.": [
            *BUCKET,
            (True, "s3:ListAllMyBuckets", "*"),
        ],
        "It starts machines as machines of jobs only, in your region only, and only g6.xlarge, g5.xlarge, g4dn.xlarge "
        "and m6i.xlarge.": [
            *[
                (True, "ec2:RunInstances", MACHINE, AS_A_JOB | {"ec2:InstanceType": f"{kind}.xlarge"})
                for kind in ("g6", "g5", "g4dn", "m6i")
            ],
            *[
                (False, "ec2:RunInstances", MACHINE, AS_A_JOB | {"ec2:InstanceType": kind})
                for kind in ("p5.48xlarge", "g6.4xlarge", "g6.48xlarge", "m6i.metal")
            ],
            (False, "ec2:RunInstances", MACHINE, {"ec2:InstanceType": "g6.xlarge"}),
            (False, "ec2:RunInstances", MACHINE, AS_A_JOB | named("my-own", "aws:RequestTag")),
            (False, "ec2:RunInstances", ELSEWHERE, AS_A_JOB),
            (False, "ec2:RunInstances", arn("subnet", region="eu-west-1")),
            (False, "ec2:RequestSpotInstances", "*"),
            (False, "ec2:CreateFleet", arn("fleet")),
        ],
        "It starts, stops, ends and tags machines of jobs.": [
            *[(True, action, MACHINE, JOB) for action in STATES],
            (True, "ec2:CreateTags", MACHINE, JOB | {"aws:RequestTag/owner": "ada"}),
            (True, "ec2:CreateTags", MACHINE, JOB | named("colorlab-12-0a1b", "aws:RequestTag")),
            (True, "ec2:CreateTags", arn("volume"), JOB),
            *[(False, action, ELSEWHERE, JOB) for action in STATES],
        ],
        "It stops itself, and neither stops nor ends any other machine.": [
            (True, "ec2:StopInstances", MACHINE, CONTROLLER | PROFILE),
            (False, "ec2:StopInstances", MACHINE, CONTROLLER),
            (False, "ec2:StopInstances", MACHINE, CONTROLLER | {"ec2:InstanceProfile": role("instance-profile/other")}),
            (False, "ec2:TerminateInstances", MACHINE, CONTROLLER | PROFILE),
            *[(False, action, MACHINE, MINE) for action in STATES],
            *[(False, action, MACHINE) for action in STATES],
        ],
        "It cannot tag another machine as one of a job.": [
            (False, "ec2:CreateTags", MACHINE, MINE | named("colorlab-1", "aws:RequestTag")),
            (False, "ec2:CreateTags", MACHINE, named("colorlab-1", "aws:RequestTag")),
            (False, "ec2:CreateTags", MACHINE, CONTROLLER | named("colorlab-1", "aws:RequestTag")),
            (False, "ec2:CreateTags", MACHINE, JOB | named("sky-jobs-controller-1", "aws:RequestTag")),
            (False, "ec2:CreateTags", MACHINE, CREATED | {"ec2:CreateAction": "CreateFleet"}),
            (False, "ec2:DeleteTags", MACHINE, JOB),
            (True, "ec2:CreateTags", MACHINE, CREATED | named("colorlab-1", "aws:RequestTag")),
        ],
        "It gives a machine the role `colorlab-job` and no other, and gives that role to nothing but machines.": [
            (True, "iam:PassRole", role("role/colorlab-job"), TO_MACHINES),
            (False, "iam:PassRole", role("role/colorlab-controller"), TO_MACHINES),
            (False, "iam:PassRole", role("role/admin"), TO_MACHINES),
            (False, "iam:PassRole", role("role/colorlab-job"), {"iam:PassedToService": "lambda.amazonaws.com"}),
            (False, "iam:PassRole", role("role/colorlab-job")),
            (False, "ec2:AssociateIamInstanceProfile", MACHINE, JOB),
        ],
        "It makes groups of rules with SkyPilot's tag, adds rules to those, and changes no other group.": [
            (True, "ec2:CreateSecurityGroup", arn("security-group"), {"aws:RequestTag/skypilot": "true"}),
            (False, "ec2:CreateSecurityGroup", arn("security-group")),
            *[(True, action, arn("security-group"), TAGGED) for action in RULES],
            *[(False, action, arn("security-group")) for action in RULES],
            (False, "ec2:CreateTags", arn("security-group"), {"aws:RequestTag/skypilot": "true"}),
            (False, "ec2:ModifyInstanceAttribute", MACHINE, JOB),
            (False, "ec2:DeleteSecurityGroup", arn("security-group"), TAGGED),
        ],
        "It looks at machines, networks, images and quotas in every region.": [
            *[
                (True, f"ec2:Describe{what}", "*", {"aws:RequestedRegion": "eu-west-1"})
                for what in ("Instances", "Vpcs", "Subnets", "SecurityGroups", "Images", "AvailabilityZones", "Regions")
            ],
            (True, "servicequotas:GetServiceQuota", "*"),
            (False, "ec2:DescribeInstanceAttribute", MACHINE),
        ],
        "It makes no user, key, role or policy.": [
            (False, f"iam:{action}", role("role/colorlab-job"))
            for action in ("CreateUser", "CreateAccessKey", "CreateRole", "PutRolePolicy", "CreateServiceLinkedRole")
        ],
    },
}
CASES = [(who, sentence, case) for who, those in SENTENCES.items() for sentence in those for case in those[sentence]]


@pytest.mark.parametrize("who, sentence, case", CASES)
def test_the_policies_say_what_the_guide_says(who, sentence, case):
    expected, *request = case
    assert allowed(policies_of(who), *request) is expected


def test_every_sentence_of_the_guide_is_held_against_the_policies():
    section = (AWS / "README.md").read_text().split("## Who may do what")[1].split("With these settings")[0]
    said = [re.sub(r"\s+", " ", one).strip() for one in re.findall(r"^- (.*?)(?=^- |^$)", section, re.M | re.S)]
    assert said == [sentence for those in SENTENCES.values() for sentence in those]


def test_a_controller_cannot_end_a_machine_of_yours_by_giving_it_the_tag_of_a_job():
    """The attack on the policy as it was: tag any machine of the account as a job of ours, then terminate it."""
    policies, tag = policies_of("controller"), named("colorlab-1", "aws:RequestTag")
    can_tag = allowed(policies, "ec2:CreateTags", MACHINE, MINE | tag)
    assert not (can_tag and allowed(policies, "ec2:TerminateInstances", MACHINE, named("colorlab-1")))


def statement(effect="Allow", action="s3:GetObject", resource="arn:aws:s3:::b/*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource} | more


def when(operator, key, wanted, given):
    """Whether a statement with this condition allows a request with that key."""
    condition = {operator: {key: wanted}}
    context = {} if given is None else {key: given}
    return allowed([{"Statement": [statement(Condition=condition)]}], "s3:GetObject", "arn:aws:s3:::b/k", context)


def test_the_evaluation_denies_where_nothing_allows_or_something_denies():
    def of(*statements, action="s3:GetObject", resource="arn:aws:s3:::b/k"):
        return allowed([{"Statement": [each]} for each in statements], action, resource)

    assert of(statement()) and not of() and not of(statement("Deny"))
    assert not of(statement(), statement("Deny", action="*"))
    assert of(statement(), statement("Deny", action="s3:Put*"))
    assert of(statement(action="S3:get*")) and not of(statement(action="s3:Get"))
    assert of(statement(resource="arn:aws:s3:::?/k")) and not of(statement(resource="arn:aws:s3:::B/*"))
    assert not of(statement(resource="arn:aws:s3:::[ab]/k"))
    without = {"Effect": "Allow", "NotAction": "s3:Get*", "NotResource": "arn:aws:s3:::a/*"}
    assert not of(without) and of(without, action="s3:PutObject")
    assert not of(without, action="s3:PutObject", resource="arn:aws:s3:::a/k")
    with pytest.raises(NotImplementedError):
        of(statement(resource="arn:aws:s3:::${aws:username}/*"))
    with pytest.raises(NotImplementedError):
        of(statement(Principal="*"))


@pytest.mark.parametrize(
    "operator, wanted, given, holds",
    [
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringEqualsIfExists", "a", "b", False),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringNotEquals", "a", None, True),
        ("StringLike", "colorlab*", "colorlab-1", True),
        ("StringLike", "colorlab*", "my-colorlab", False),
        ("StringNotLike", "colorlab*", "my-colorlab", True),
        ("ArnEquals", "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a", True),
        ("ArnLike", "arn:aws:iam::*:role/a", "arn:aws:iam::1:user:role/a", False),
        ("Bool", "true", "True", True),
        ("Null", "true", None, True),
        ("Null", "true", "a", False),
        ("Null", "false", "a", True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a", "b"], None, True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["a", "c"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
        ("ForAnyValue:StringEquals", ["a", "b"], None, False),
    ],
)
def test_the_evaluation_reads_conditions_as_aws_documents_them(operator, wanted, given, holds):
    assert when(operator, "aws:TagKeys", wanted, given) is holds


def test_the_evaluation_refuses_what_it_does_not_know():
    for operator in ("DateLessThan", "ForNoValues:StringEquals", "NumericEquals"):
        with pytest.raises(NotImplementedError):
            when(operator, "aws:TagKeys", "a", "a")
    with pytest.raises(NotImplementedError):
        when("StringEquals", "aws:TagKeys", "a", ["a", "b"])
