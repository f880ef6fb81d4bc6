"""Notebooks on S3: a simulated one, on loopback, that papermill and the runner reach by AWS's environment variables."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import boto3
import nbformat
import pytest
import requests
from making import PARAMETERS, USES, cell
from nbformat.v4 import new_notebook

from colorlab.base.errors import BadInput
from colorlab.base.paths import ROOT
from colorlab.course import notebook, s3


@pytest.fixture
def bucket(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("COLORLAB_RUNS", str(tmp_path / "runs"))  # of commands that are started
    monkeypatch.setattr(s3, "RUNS", tmp_path / "runs")
    boto3.client("s3").create_bucket(Bucket="course")
    return "s3://course"


def put(address, *sources):
    cells = [cell(PARAMETERS, "parameters"), *map(cell, sources)]
    s3.write(nbformat.writes(new_notebook(cells=cells, metadata=notebook.METADATA)), address)
    return address


def names():
    return sorted(each["Key"] for each in boto3.client("s3").list_objects_v2(Bucket="course").get("Contents", []))


def said(address):
    """What the cells printed."""
    cells = nbformat.reads(s3.read(address), as_version=4).cells
    return "".join(output.text for each in cells for output in each.get("outputs", []) if "text" in output)


def test_text_comes_back_as_it_was_written(bucket):
    text = "two lines\nand a pagoda: 塔\n"
    s3.write(text, f"{bucket}/a/b.ipynb")
    assert s3.read(f"{bucket}/a/b.ipynb").rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize("out, key", [("out/mine.ipynb", "out/mine.ipynb"), ("out", "out/x.ipynb"), ("", "x.ipynb")])
def test_the_runner_reads_from_s3_and_writes_there(bucket, out, key):
    path = put(f"{bucket}/in/x.ipynb", USES)
    assert s3.run(path, None, [("alpha", "2")], f"{bucket}/{out}") == f"{bucket}/{key}"
    assert said(f"{bucket}/{key}").startswith("2.0 3")
    assert names() == sorted(["in/x.ipynb", key])
    assert "outputs" in s3.read(f"{bucket}/{key}") and said(path) == ""  # what was read is as it was


def test_a_result_on_s3_of_a_notebook_here_and_the_other_way_round(bucket, tmp_path):
    here = tmp_path / "here.ipynb"
    here.write_text(s3.read(put(f"{bucket}/x.ipynb", USES)))
    s3.run(here, None, [], f"{bucket}/there.ipynb")
    s3.run(f"{bucket}/there.ipynb", None, [("steps", "9")], tmp_path / "back.ipynb")
    assert said(f"{bucket}/there.ipynb").startswith("5.0 3") and "5.0 9" in (tmp_path / "back.ipynb").read_text()
    assert s3.prepare(f"{bucket}/x.ipynb", None, [], f"{bucket}/prepared.ipynb") == f"{bucket}/prepared.ipynb"
    assert said(f"{bucket}/prepared.ipynb") == ""


def test_a_parameter_is_refused_before_anything_runs(bucket):
    path = put(f"{bucket}/x.ipynb", USES)
    with pytest.raises(BadInput, match="x.ipynb .*alhpa"):
        s3.run(path, None, [("alhpa", "1")], f"{bucket}/out.ipynb")
    assert names() == ["x.ipynb"]


def test_what_ran_before_an_error_is_on_s3_and_an_earlier_result_is_kept(bucket):
    path = put(f"{bucket}/x.ipynb", "print('so far')", "1 / 0")
    put(f"{bucket}/out/x.ipynb", "print('earlier')")
    told = r"x.ipynb: cell \[3\] `1 / 0` failed with ZeroDivisionError.*runs/s3/course/out/x.failed.ipynb, and in s3://"
    with pytest.raises(BadInput, match=told):
        s3.run(path, None, [], f"{bucket}/out")
    assert said(f"{bucket}/out/x.failed.ipynb").startswith("so far")
    assert "earlier" in s3.read(f"{bucket}/out/x.ipynb")


def colorlab(*arguments, **how):
    command = [sys.executable, "-c", "from colorlab.cli.main import main; main()", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)


def test_a_run_that_is_stopped_leaves_what_it_has_on_s3(bucket, tmp_path):
    begins = f"print('begun'); open('{tmp_path}/begun', 'w').close()"
    path = put(f"{bucket}/x.ipynb", begins, "import time; time.sleep(60)")
    running = colorlab("run", path, "-o", f"{bucket}/out.ipynb")
    for _ in range(300):
        if (tmp_path / "begun").exists():
            break
        time.sleep(0.1)
    assert (tmp_path / "begun").exists()
    running.send_signal(signal.SIGTERM)
    _, messages = running.communicate(timeout=60)
    assert running.returncode == 143 and "Traceback" not in messages
    assert said(f"{bucket}/out.failed.ipynb").startswith("begun")
    assert names() == ["out.failed.ipynb", "x.ipynb"]


@pytest.mark.parametrize(
    "address, endpoint, reason",
    [
        ("s3://course/missing.ipynb", True, "cannot be read.*Not Found"),
        ("s3://nobodys/x.ipynb", True, "cannot be read.*Not Found"),
        ("s3://course/x.ipynb", False, "cannot be read.*Could not connect"),
    ],
)
def test_what_is_not_there_is_told_in_one_sentence(bucket, address, endpoint, reason):
    put(f"{bucket}/x.ipynb", USES)
    # A port that nobody listens at, and no second try: the sentence is the same after five of them.
    settings = {} if endpoint else {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    running = colorlab("run", address, env=os.environ | settings)
    printed, messages = running.communicate(timeout=120)
    assert running.returncode == 1 and printed == ""
    (line,) = messages.splitlines()
    assert re.match(f"Error: {address} {reason}.*: look at the address and at your AWS settings$", line), line


def test_a_bucket_that_is_not_there_is_told_before_anything_runs(bucket, tmp_path):
    path = put(f"{bucket}/x.ipynb", f"open('{tmp_path}/ran', 'w').close()")
    with pytest.raises(BadInput, match="s3://nobodys/out.ipynb cannot be written .*Not Found"):
        s3.run(path, None, [], "s3://nobodys/out.ipynb")
    assert not (tmp_path / "ran").exists()


def test_a_result_that_cannot_be_written_is_not_lost(bucket, tmp_path, monkeypatch):
    def refused(text, address):
        raise BadInput(f"{address} cannot be written (Access Denied)")

    good, bad = put(f"{bucket}/x.ipynb", USES), put(f"{bucket}/y.ipynb", "1 / 0")
    monkeypatch.setattr(s3, "write", refused)
    with pytest.raises(
        BadInput, match=r"out.ipynb cannot be written \(Access Denied\); the result is in .*course/out.ipynb"
    ):
        s3.run(good, None, [], f"{bucket}/out.ipynb")
    assert "5.0 3" in (tmp_path / "runs" / "s3" / "course" / "out.ipynb").read_text()
    with pytest.raises(BadInput, match=r"ZeroDivisionError.*failed.ipynb, but s3://.*Access Denied"):
        s3.run(bad, None, [], f"{bucket}/out.ipynb")


@pytest.mark.parametrize(
    "address", ["s3://", "s3://course", "s3://course/", "s3://course/x.txt", "S3://course/x.ipynb"]
)
def test_what_is_no_address_of_a_notebook(bucket, address):
    with pytest.raises(BadInput, match="is not the address of a notebook on S3: write s3://bucket/folder/name.ipynb"):
        s3.run(address, None, [], f"{bucket}/out.ipynb")


def test_plain_papermill_reads_from_s3_and_writes_there(bucket):
    path = put(f"{bucket}/x.ipynb", USES)
    command = [sys.executable, "-m", "papermill", path, f"{bucket}/out.ipynb", "-p", "steps", "8"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert said(f"{bucket}/out.ipynb").startswith("5.0 8")


def test_the_policy_allows_its_bucket_and_no_other(bucket, aws, monkeypatch):
    """As moto enforces policies: papermill's reading and writing, and what the mount of a bucket does, all pass."""
    boto3.client("s3").create_bucket(Bucket="other")
    put("s3://other/x.ipynb", USES)
    policy = (ROOT / "notebooks" / "aws" / "bucket-policy.json").read_text().replace("BUCKET", "course")
    iam = boto3.client("iam")
    iam.create_user(UserName="job")
    iam.put_user_policy(UserName="job", PolicyName="bucket", PolicyDocument=policy)
    key = iam.create_access_key(UserName="job")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    monkeypatch.setattr("papermill.s3.S3.s3_session", (None, None, None))
    requests.post(f"{aws}/moto-api/reset-auth", data="0")  # from now on every call must be allowed by a policy
    try:
        path = put(f"{bucket}/x.ipynb", USES)
        assert "cells" in json.loads(s3.read(path))
        as_job = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"]).client("s3")
        as_job.list_objects_v2(Bucket="course")
        as_job.delete_object(Bucket="course", Key="x.ipynb")
        with pytest.raises(BadInput, match="s3://other/x.ipynb cannot be read .*Forbidden"):
            s3.read("s3://other/x.ipynb")
        with pytest.raises(BadInput, match="s3://other/y.ipynb cannot be written .*AccessDenied"):
            s3.write("{}", "s3://other/y.ipynb")
        for forbidden in (as_job.list_buckets, lambda: as_job.delete_bucket(Bucket="course")):
            with pytest.raises(as_job.exceptions.ClientError, match="AccessDenied"):
                forbidden()
    finally:
        requests.post(f"{aws}/moto-api/reset-auth", data="1000000000")
