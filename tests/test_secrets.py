"""No key, token or account number is in any file of the repository, nor in an output of a notebook."""

import re
import subprocess

import pytest

from colorlab.base.paths import ROOT

SECRETS = {
    "AWS key": r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z2-7]{16}\b",
    "AWS secret": r"(?i)aws.{0,20}(?:secret|session).{0,20}[\"'=: ]+[A-Za-z0-9/+]{40,}",
    "AWS account": r"arn:aws[\w-]*:[\w-]*:[\w-]*:\d{12}:|(?i:account.{0,12}\b\d{4}-?\d{4}-?\d{4}\b)|\b\d{12}\.dkr\.ecr",
    "private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY",
    "token": r"\b(?:gh[pors]_\w{36}|github_pat_\w{50}|hf_[A-Za-z]{30}|xox[abps]-[\w-]{10}|pypi-AgE\w{20}|sk-[\w-]{32})",
    "password in an address": r"\w://[^\s/:@\"'<>{}$]+:[^\s/:@\"'<>{}$]+@",
}


def found(text):
    return {kind for kind, pattern in SECRETS.items() if re.search(pattern, text)}


def files():
    """What is committed, but for images, weights and the like."""
    command = ["git", "ls-files", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for path in (ROOT / name for name in names if name):
        if path.is_file() and b"\0" not in (start := path.read_bytes())[:8000]:
            yield path, start.decode("utf-8", errors="ignore")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_no_file_holds_a_secret():
    texts = dict(files())
    assert len(texts) > 100 and any(path.suffix == ".ipynb" for path in texts)
    assert {str(path.relative_to(ROOT)): found(text) for path, text in texts.items() if found(text)} == {}


@pytest.mark.parametrize(
    "kind, text",
    [
        ("AWS key", "AKIA" + "IOSFODNN7EXAMPLE"),
        ("AWS secret", "aws_secret_access_key = " + 8 * "wJalr"),
        ("AWS account", "arn:aws:iam::" + 3 * "1234" + ":role/x"),
        ("AWS account", "ACCOUNT=" + 3 * "1234"),
        ("AWS account", "account " + "1234-1234" + "-1234"),
        ("AWS account", 3 * "1234" + ".dkr.ecr.eu-west-1.amazonaws.com"),
        ("token", "sk-" + 4 * "proj-abcd"),
        ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("token", "ghp_" + "a" * 36),
        ("password in an address", "https://me:" + "secret@example.com/x"),
    ],
)
def test_each_kind_would_be_found(kind, text):
    assert found(f"before {text} after") == {kind}
