"""Slack's signature: the published example, and the law that nothing but the exact request within its time passes."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.contracts.source import Authenticity
from responder.integrations.slack.signature import WINDOW_SECONDS, authenticate

# docs.slack.dev, "Verifying requests from Slack": the example of the documentation, with its made-up secret.
PUBLISHED_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PUBLISHED_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
PUBLISHED = {
    "X-Slack-Request-Timestamp": "1531420618",
    "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
}
AT = datetime.fromtimestamp(1_531_420_618, UTC)
SECRET = "slack-signing-secret-0001"

secrets = st.text(min_size=1, max_size=40).filter(str.strip)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given


def signed(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    seconds = int(at.timestamp())
    key = secret.encode("utf-8", "surrogatepass")
    digest = hmac.new(key, b"v0:" + str(seconds).encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(seconds), "x-slack-signature": f"v0={digest}"}


def test_the_published_example_passes_in_its_time() -> None:
    assert authenticate(PUBLISHED, PUBLISHED_BODY, [PUBLISHED_SECRET], AT) is Authenticity.OK
    assert authenticate(PUBLISHED, PUBLISHED_BODY + b"&", [PUBLISHED_SECRET], AT) is Authenticity.WRONG
    assert authenticate(PUBLISHED, PUBLISHED_BODY, [PUBLISHED_SECRET.upper()], AT) is Authenticity.WRONG


@given(secrets, st.lists(secrets, max_size=3), st.binary(max_size=200), moments)
def test_any_of_several_active_secrets_may_have_signed(secret: str, more: list[str], body: bytes, at: datetime) -> None:
    assert authenticate(signed(secret, body, at), body, [*more, secret], at) is Authenticity.OK


@given(st.binary(min_size=1, max_size=200), moments, st.data())
def test_any_changed_byte_is_refused(body: bytes, at: datetime, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    other = body[:place] + bytes([body[place] ^ data.draw(st.integers(1, 255))]) + body[place + 1 :]
    headers = signed(SECRET, body, at)
    assert authenticate(headers, other, [SECRET], at) is Authenticity.WRONG
    assert authenticate(headers, body[:-1], [SECRET], at) is Authenticity.WRONG


@given(st.binary(max_size=100), moments, st.integers(-10_000_000, 10_000_000))
def test_only_five_minutes_before_and_after_count(body: bytes, at: datetime, seconds: int) -> None:
    at = at.replace(microsecond=0)
    found = authenticate(signed(SECRET, body, at), body, [SECRET], at + timedelta(seconds=seconds))
    assert found is (Authenticity.OK if abs(seconds) <= WINDOW_SECONDS else Authenticity.OLD)


@given(st.binary(max_size=100), moments, st.integers(-100_000, 100_000).filter(bool))
def test_another_timestamp_than_the_signed_one_is_refused(body: bytes, at: datetime, seconds: int) -> None:
    moved = str(int(at.timestamp()) + seconds)
    headers = signed(SECRET, body, at) | {"x-slack-request-timestamp": moved}
    assert authenticate(headers, body, [SECRET], at + timedelta(seconds=seconds)) is Authenticity.WRONG


@given(st.dictionaries(st.sampled_from(["X-Slack-Signature", "X-Slack-Request-Timestamp"]), st.text(max_size=80)))
def test_no_header_is_an_error_and_none_passes(headers: dict[str, str]) -> None:
    assert authenticate(headers, b"payload=%7B%7D", [SECRET, ""], AT) in (Authenticity.MISSING, Authenticity.WRONG)


@pytest.mark.parametrize("broken", ["a" * 64, "v0=" + "a" * 63, "v1=" + "a" * 64, "v0=" + "ä" * 64])
def test_a_signature_of_another_shape_is_wrong(broken: str) -> None:
    assert authenticate(PUBLISHED | {"X-Slack-Signature": broken}, PUBLISHED_BODY, [PUBLISHED_SECRET], AT) is (
        Authenticity.WRONG
    )


def test_a_blank_secret_signs_nothing() -> None:
    assert authenticate(signed("", b"x", AT), b"x", ["", "  "], AT) is Authenticity.WRONG
