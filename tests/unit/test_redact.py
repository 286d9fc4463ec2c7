"""What redaction lets pass and what it does not."""

import base64
import json
import random
import string
import threading
from dataclasses import replace
from urllib.parse import quote

import pytest

from responder.config.settings import Settings
from responder.domain import redact as module
from responder.domain.diagnosis import Cause
from responder.domain.redact import redact, remember
from responder.domain.secret_fields import MASK
from responder.notifications.messages.guidance import guidance
from tests.support.inprocess import SETTINGS
from tests.support.notifications import a_situation, an_incident


def test_the_arn_of_a_secret_is_a_name_that_people_need() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:StandbyKeysSecret-79740E3E2214-a1b2C3"
    assert redact(f"Stage a key in {arn}: the rotation used one up.") == (
        f"Stage a key in {arn}: the rotation used one up."
    )
    assert redact("secret: hunter2hunter2") == "secret: [redacted]"
    assert redact(f"{arn.replace('Standby', 'tm_sk_live_')}").count("[redacted]") == 1
    remember("79740E3E2214-a1b2")
    assert "79740E3E2214" not in redact(arn)


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_memory", module.Memory())


@pytest.mark.parametrize(
    "text",
    [
        "disk-usage is high on task-runner-2, a risk-assessment follows",
        "ASIA-PACIFIC and us-east-1 fail",
        "pod twinmind-service-7d9c6b5f4-x2x8z restarts",
        "arn:aws:states:us-east-1:123456789012:execution:responder-incident:pd-QSTORY00000001-1",
        "https://example.pagerduty.com/incidents/Q1ABC2DEF3/notes",
        "00000000-0000-4000-8000-0000000000a1-1772442847000",
        "retry=3 max=5/delay=10",
        "request id req_9f3c81d07ab24e65",
    ],
)
def test_what_people_need_to_read_passes(text: str) -> None:
    assert redact(text) == text


def test_base64_is_masked_although_its_own_signs_cut_it_into_short_pieces() -> None:
    assert redact("saw aB3dE5gH7+kL9mN1pQ/rS4tU6vW8=") == f"saw {MASK}"


# Looks like no credential: only remembering it can mask it.
PLAIN = "correct horse/battery+staple"


@pytest.mark.parametrize(
    "shown",
    [
        PLAIN,
        quote(PLAIN, safe=""),
        json.dumps(PLAIN)[1:-1],
        PLAIN.replace("/", "\\/"),
        base64.b64encode(PLAIN.encode()).decode()[:-3],
        base64.urlsafe_b64encode(b"x" + PLAIN.encode()).decode()[4:-3],
    ],
)
def test_a_remembered_secret_is_masked_in_each_form(shown: str) -> None:
    remember(PLAIN)
    assert redact(f"it said {shown}").startswith(f"it said {MASK}")
    assert shown[8:16] not in redact(f"it said {shown}")


def test_a_secret_that_begins_with_another_one_leaves_no_rest() -> None:
    remember("correct horse")
    remember("correct horse battery")
    assert redact("it is correct horse battery") == f"it is {MASK}"


def test_text_is_masked_while_another_thread_remembers() -> None:
    """Changing what is being gone through raises, which in a probe or a channel would look like a fault."""
    done = threading.Event()
    noise = random.Random(1)

    def learn() -> None:
        while not done.is_set():
            remember("".join(noise.choices(string.ascii_lowercase, k=12)))
            if len(module._memory.known) > 4000:
                module._memory.known = ()

    thread = threading.Thread(target=learn)
    thread.start()
    try:
        assert all(redact("all is well") == "all is well" for _ in range(3000))
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("cause", Cause)
def test_what_people_are_told_to_type_reaches_them_whole(cause: Cause) -> None:
    """Names as CloudFormation makes them: logical id, twelve signs, and Secrets Manager's six."""
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:{}-79740E3E2214-dcf62f"
    names = replace(
        Settings.read(SETTINGS),
        twinmind_api_key_secret=arn.format("TwinMindApiKeySecret"),
        twinmind_standby_keys_secret=arn.format("StandbyKeysSecret"),
    )
    told = guidance(a_situation(an_incident(cause=cause), settings=names))
    for text in (*told.need, *told.commands):
        assert redact(text) == text
