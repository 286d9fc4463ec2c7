"""X-PagerDuty-Signature: what is accepted, what is refused, and what counts as nothing sent."""

import base64
import hashlib
import hmac
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.contracts.source import Authenticity
from responder.integrations.sources import SOURCES
from tests.support.webhooks import signature

HEADER = "X-PagerDuty-Signature"
BODY = '{"event": {"title": "Übertragung gestört ☎"}}'.encode()
SECRET = base64.b64encode(bytes(range(48))).decode()  # 64 characters of base64, as PagerDuty gives them out
OTHER = "another+secret/="

secrets = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: bool(text.strip()))


def check(value: str, body: bytes = BODY, active: tuple[str, ...] = (SECRET,), name: str = HEADER) -> Authenticity:
    return SOURCES["pagerduty"].authenticate({"Host": "example.com", name: value}, body, active)


def test_the_known_answer_of_rfc_4231() -> None:
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"  # test case 2 of the RFC
    assert check(f"v1={digest}", b"what do ya want for nothing?", ("Jefe",)) is Authenticity.OK


GOOD = signature(BODY, SECRET)
WRONG = signature(BODY, OTHER)


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        f"{WRONG},{GOOD}",
        f"{GOOD},{WRONG}",
        f"  {WRONG} , {GOOD}  ",
        f"v0={'0' * 64},{GOOD}",
        f"v1={'z' * 64},{GOOD}",
        f"v1=,{GOOD},,",
        f"v1={'é' * 64},{GOOD}",
        "v1=" + GOOD[3:].upper(),
    ],
)
def test_one_good_entry_is_enough(value: str) -> None:
    assert check(value) is Authenticity.OK


@pytest.mark.parametrize(
    "value",
    [
        WRONG,
        GOOD[:-1],
        GOOD + "0",
        GOOD[3:],
        "V1=" + GOOD[3:],
        "v2=" + GOOD[3:],
        "v1= " + GOOD[3:],
        GOOD.replace("v1=", "v1=v1="),
        GOOD[:20] + " " + GOOD[20:],
        "garbage",
        ",",
        signature(BODY, base64.b64decode(SECRET).hex()),
        "v1=" + "0" * 64,
    ],
)
def test_anything_else_is_wrong(value: str) -> None:
    assert check(value) is Authenticity.WRONG


def test_the_secret_is_never_base64_decoded() -> None:
    decoded = hmac.new(base64.b64decode(SECRET), BODY, hashlib.sha256).hexdigest()
    assert check(f"v1={decoded}") is Authenticity.WRONG


@pytest.mark.parametrize("name", [HEADER, HEADER.lower(), HEADER.upper()])
def test_header_names_have_no_case(name: str) -> None:
    assert check(GOOD, name=name) is Authenticity.OK


@pytest.mark.parametrize("headers", [{}, {"X-Webhook-Token": GOOD}, {HEADER: ""}, {HEADER: "  "}])
def test_no_signature_is_missing_not_wrong(headers: dict[str, str]) -> None:
    assert SOURCES["pagerduty"].authenticate(headers, BODY, (SECRET,)) is Authenticity.MISSING


def test_a_header_given_twice_counts_as_one_list() -> None:
    headers = {HEADER: WRONG, HEADER.lower(): GOOD}
    assert SOURCES["pagerduty"].authenticate(headers, BODY, (SECRET,)) is Authenticity.OK


@pytest.mark.parametrize("active", [(), ("",), (" ", "\n")])
def test_without_a_secret_nothing_is_authentic_not_even_what_an_empty_key_signs(active: tuple[str, ...]) -> None:
    assert check(signature(BODY, ""), active=active) is Authenticity.WRONG
    assert check(signature(BODY, " "), active=active) is Authenticity.WRONG


def test_reserialised_json_is_another_body() -> None:
    assert check(GOOD, body=BODY.replace(b": ", b":")) is Authenticity.WRONG


@given(st.binary(), secrets, st.lists(secrets, max_size=4), st.randoms())
def test_any_active_secret_accepts_in_any_order(body: bytes, secret: str, others: list[str], random: Random) -> None:
    active, sent = [secret, *others], [signature(body, secret), *(signature(body, other) for other in others)]
    random.shuffle(active)
    random.shuffle(sent)
    assert check(",".join(sent), body, tuple(active)) is Authenticity.OK
    assert check(signature(body, secret), body, tuple(active)) is Authenticity.OK


@given(st.binary(min_size=1), secrets, st.data())
def test_any_flipped_bit_of_the_body_refuses(body: bytes, secret: str, data: st.DataObject) -> None:
    place, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
    changed = bytearray(body)
    changed[place] ^= 1 << bit
    assert check(signature(body, secret), bytes(changed), (secret,)) is Authenticity.WRONG


@given(st.binary(), secrets, st.integers(0, 63), st.integers(1, 15))
def test_any_changed_digit_of_the_signature_refuses(body: bytes, secret: str, place: int, change: int) -> None:
    digits = signature(body, secret)[3:]
    digit = f"{int(digits[place], 16) ^ change:x}"
    assert check(f"v1={digits[:place]}{digit}{digits[place + 1 :]}", body, (secret,)) is Authenticity.WRONG


@given(st.dictionaries(st.text(), st.text()), st.binary(), st.lists(st.text()))
def test_no_header_and_no_secret_raises(headers: dict[str, str], body: bytes, active: list[str]) -> None:
    for name, value in headers.items():
        check(value, body, tuple(active), name)
        assert check(value, body, tuple(active)) is not Authenticity.OK
