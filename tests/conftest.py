"""Fixtures of several test files: the shipped photographs, a tiny network trained on them, a simulated AWS."""

import os
import signal

import pytest
import requests

from colorlab.base import paths
from colorlab.data import datasets
from colorlab.data.packing import pack
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe


@pytest.fixture(scope="session")
def pocket():
    return datasets.load("pocket")


@pytest.fixture(scope="session")
def tiny_recipe():
    return Recipe(depth=4, batch_size=4, epochs=2, steps_per_epoch=3, precision="mixed_bfloat16", validation_images=8)


@pytest.fixture(scope="session")
def tiny_run(pocket, tiny_recipe, tmp_path_factory):
    return train(pocket, tiny_recipe, tmp_path_factory.mktemp("runs") / "tiny")


@pytest.fixture
def packed(tmp_path):
    """The shipped photographs as a packed data set, a folder."""
    pack([paths.DATA / "pocket"], tmp_path / "set", size=128)
    return tmp_path / "set"


@pytest.fixture
def interruptible():
    """Ctrl-C raises KeyboardInterrupt, as in a terminal; a process in the background may ignore it."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.fixture(scope="session")
def moto():
    """The address of a simulated AWS on loopback."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # the policies that AWS brings
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def aws(moto, monkeypatch):
    """The simulated AWS, empty. The standard environment variables lead to it. Its address is returned."""
    from papermill.s3 import S3

    requests.post(f"{moto}/moto-api/reset")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings = {"ENDPOINT_URL": moto, "ACCESS_KEY_ID": "testing", "SECRET_ACCESS_KEY": "testing"}
    settings |= {"DEFAULT_REGION": "us-east-1", "CONFIG_FILE": "/dev/null", "SHARED_CREDENTIALS_FILE": "/dev/null"}
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(S3, "s3_session", (None, None, None))  # papermill keeps it for a whole process
    return moto
