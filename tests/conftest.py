"""For every test: made-up AWS credentials, no AWS settings of the user, no network but this machine."""

import os

import pytest

from tests.support import network

FAKE_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "SAM_", "POWERTOOLS_"))]:
        del os.environ[name]
    os.environ.update(FAKE_AWS)
    network.block()
