"""The task, its guide, and what SkyPilot gives to the task's blocks: for the tests of this folder."""

import os
import re
import textwrap

import yaml

from colorlab.base.paths import ROOT

AWS = ROOT / "notebooks" / "aws"
TASK = yaml.safe_load((AWS / "task.yaml").read_text())
CLONES = bool(os.environ.get("COLORLAB_CLONES"))  # by `make soak`: machines are fresh clones that set themselves up

# Run by SkyPilot's Python: what it does to a security group of ours.
CONFIGURE = """
import sys
import boto3
from sky.provision.aws import config
config._configure_security_group(boto3.resource("ec2"), sys.argv[1], "colorlab-closed", [], False)
"""


def guide():
    """The blocks of commands in the guide, in order."""
    found = re.findall(r"^( *)```sh\n(.*?)^\1```", (AWS / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in found]
