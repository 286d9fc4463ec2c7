"""For every test: made-up AWS credentials, no AWS settings of the user, no network but this machine."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from responder.domain import redact
from tests.support import near_aws, network

FAKE_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


# How fast the machine is at this moment is not what a law is about. CI plays the same examples each time, so that what
# it says of a commit does not change; everywhere else they are new ones.
settings.register_profile(
    "laws", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("laws")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "SAM_", "POWERTOOLS_"))]:
        del os.environ[name]
    os.environ.update(FAKE_AWS)
    network.block()
    network.share_certificates()
    near_aws.install()
    # What AWS's services look like stays in memory for good: looking through it for garbage took an eighth of the time.
    gc.set_threshold(200_000, 20, 50)


def pytest_collection_finish() -> None:
    """What is there by now stays as well."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _no_secret_of_another_file() -> Iterator[None]:
    """What one file takes for a secret, such as a run of zeros, must not be masked in the next one of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redact, "_memory", redact.Memory())
        yield
