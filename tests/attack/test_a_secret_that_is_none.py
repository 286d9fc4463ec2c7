"""A stored secret that is no secret (null, 0, NUL, empty, blank) opens no door: nobody can sign with it or show it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.sandbox.slack_people import signed
from responder.domain.clock import now
from responder.report import signed_link
from responder.report.signed_link import token_for
from responder.webhooks import api_gateway
from tests.support import deliveries
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.notifications import made_fresh
from tests.support.webhooks import signature

# What stands there where a program, a person or a template had no secret to put in.
NONE: tuple[Any, ...] = (
    None, False, True, 0, 0.0, [], {}, [None], [0], "", " ", "\t\n", "\u00a0", "\u3000 \u2003", "0", "00000000",
    "\uff10", "null", "NULL", "None", "nil", "undefined", "NaN", "n/a", "-", "---", "false", '""', "''", '" "',
    '"null"', "'0'", "``", "\x00", "\x00\x00\x00\x00", "\x00null", "\u200b", "\ufeff", "\u2800", "\u3164",
    "\u115f\u1160", "\u034f", ["", " ", "0", None, 0, "null", "\x00"],
)  # fmt: skip
# With what somebody would try who has read this: each as a key of a signature, and as a token.
GUESSES = ("", "0", "null", "None", "\x00", '""')
BODY = json.dumps(deliveries.pagerduty(incident_id="QNONE")).encode()
CLICK = "payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22id%22%3A%22U0ONCALL%22%7D%7D"
ID = "pd-PABC123"


def forms(door: str, value: Any) -> Iterator[str]:
    """The secret's text: for everybody, for this sender, and without JSON."""
    yield from (json.dumps({"active": value}), json.dumps(value))
    if door != "page":
        yield from (json.dumps({door: value}), json.dumps({door: {"active": value}}))
    if isinstance(value, str):
        yield value


def guesses(value: Any, text: str) -> set[str]:
    """Of the value itself too, as each language would write it."""
    listed = value if isinstance(value, list) else [value]
    own = {form for one in (value, *listed) for form in (str(one), json.dumps(one), str(one).strip())}
    return {*GUESSES, *own, text, text.strip()}


def by_signature(source: str) -> Callable[[Cloud, str], int]:
    return lambda cloud, key: cloud.receive(source, BODY, {"X-PagerDuty-Signature": signature(BODY, key)})[0]


def by_token(source: str) -> Callable[[Cloud, str], int]:
    return lambda cloud, key: cloud.receive(source, BODY, {"X-Webhook-Token": key})[0]


def by_click(cloud: Cloud, key: str) -> int:
    headers = signed(key, CLICK, int(now().timestamp()))
    return int(cloud.invoke("slack_interaction", {"headers": headers, "body": CLICK})["statusCode"])


def by_link(cloud: Cloud, key: str) -> int:
    return int(cloud.page(ID, token_for(ID, now() + timedelta(hours=1), key))["statusCode"])


# Each door, and where its secret is stored.
DOORS: dict[str, tuple[str, Callable[[Cloud, str], int]]] = {
    "pagerduty": ("WEBHOOK_SECRET", by_signature("pagerduty")),
    "opsgenie": ("WEBHOOK_SECRET", by_token("opsgenie")),
    "jsm": ("WEBHOOK_SECRET", by_token("jsm")),
    "slack": ("WEBHOOK_SECRET", by_click),
    "page": ("PAGE_SIGNING_SECRET", by_link),
}


def put(cloud: Cloud, secret: str, text: str) -> None:
    cloud.client("secretsmanager").put_secret_value(SecretId=SETTINGS[secret], SecretString=text)
    for module in (api_gateway, signed_link):
        module._secret.cache_clear()  # a fresh process has read nothing yet


@pytest.fixture(scope="module")
def cloud(world: Cloud) -> Iterator[Cloud]:
    """Afterwards its secrets are as they were."""
    secrets = world.client("secretsmanager")
    before = {name: secrets.get_secret_value(SecretId=SETTINGS[name])["SecretString"] for name, _ in DOORS.values()}
    yield made_fresh(world)
    for name, text in before.items():
        put(world, name, text)


@pytest.fixture
def tried() -> list[int]:
    """The doors' answers."""
    return []


@pytest.mark.parametrize("door", DOORS)
def test_it_opens_no_door(cloud: Cloud, tried: list[int], door: str) -> None:
    """503: it is ours to mend. A 401 would tell the sender that it is wrong, and PagerDuty would drop the alert."""
    secret, come = DOORS[door]
    for value in NONE:
        for text in filter(None, forms(door, value)):  # Secrets Manager stores no empty text
            put(cloud, secret, text)
            for guess in guesses(value, text):
                tried.append(come(cloud, guess))
                assert tried[-1] == 503, (value, text, guess)
    assert len(tried) > 900


@pytest.mark.parametrize("door", DOORS)
def test_what_is_a_secret_opens_it(cloud: Cloud, tried: list[int], door: str) -> None:
    secret, come = DOORS[door]
    for value in ("nullable-0001", "0x0-is-mine", "a", "two words of it", "null0", "00x", '"quoted"', "p-1"):
        for text in (value, *forms(door, ["", None, value])):
            if text.startswith("["):
                continue
            put(cloud, secret, text)
            tried.append(come(cloud, value))
            assert tried[-1] not in (401, 403, 503), (value, text)
    assert len(tried) == (16 if door == "page" else 32)
