"""What is counted in a service's log: Pino's JSON and columns, errors by type, and never a credential."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.probes.error_kinds import KINDS, kind_of
from responder.probes.logs_reading import entry, reading

# The messages of docs/twinmind.md#error-codes, as our service may log them.
MESSAGES = {
    "AUTH_FAILED": "auth_failed",
    "Invalid API key": "auth_failed",
    "RATE_LIMITED": "rate_limited",
    "Rate limit exceeded, wait 60 s (429)": "rate_limited",
    "TRANSCRIPTION_FAILED": "server_errors",
    "SERVER_ERROR": "server_errors",
    "upstream said 503": "server_errors",
    "RequestTimeoutError": "unanswered",
    "TypeError: fetch failed": "unanswered",
    "connect ECONNREFUSED": "unanswered",
    "AudioFormatError": "user_errors",
    "OAuth2Error: calendar token expired": "user_errors",
    "GenerationError: transcript too short": "user_errors",
    "DatabaseError": "other_errors",
    "RateLimitError": "rate_limited",
    "TooManyRequestsException": "rate_limited",
    "SocketHangUp": "unanswered",
    "read ECONNRESET": "unanswered",
    "APIConnectionError": "unanswered",
    "java.net.UnknownHostException": "unanswered",
    "context deadline exceeded": "unanswered",
    "AuthenticationError": "auth_failed",
    "InternalServerError": "server_errors",
    "502 Bad Gateway": "server_errors",
    "the calendar service answered ECONNREFUSED": "unanswered",
}


# What clients call a call that got no answer: libuv's errors (docs.libuv.org, "Error handling") as Node.js shows them,
# Node's TLS errors, Chromium's net errors, and the exceptions of Python and Java.
UNANSWERED = """
EADDRNOTAVAIL EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME ECONNABORTED ECONNREFUSED ECONNRESET EHOSTDOWN EHOSTUNREACH
ENETDOWN ENETUNREACH ENONET ENOTCONN EPIPE ETIMEDOUT
CERT_HAS_EXPIRED DEPTH_ZERO_SELF_SIGNED_CERT ERR_TLS_CERT_ALTNAME_INVALID UNABLE_TO_VERIFY_LEAF_SIGNATURE
ERR_ADDRESS_UNREACHABLE ERR_CERT_AUTHORITY_INVALID ERR_CONNECTION_CLOSED ERR_CONNECTION_RESET ERR_CONNECTION_TIMED_OUT
ERR_INTERNET_DISCONNECTED ERR_NAME_NOT_RESOLVED ERR_NETWORK ERR_SSL_PROTOCOL_ERROR ERR_TIMED_OUT
ConnectTimeout ReadTimeout RemoteDisconnected SSLError DEADLINE_EXCEEDED
java.net.NoRouteToHostException java.net.SocketTimeoutException javax.net.ssl.SSLHandshakeException
"""
# Of the same lists: these are faults of a program or its host.
OWN = "EACCES EINVAL EMFILE ENOENT ENOMEM ENOSPC EPERM TypeError JSONDecodeError NullPointerException KeyError"


@pytest.mark.parametrize("name", UNANSWERED.split())
def test_a_call_without_an_answer_is_known_by_each_clients_name_for_it(name: str) -> None:
    assert kind_of(name) == "unanswered"


@pytest.mark.parametrize("name", OWN.split())
def test_a_fault_of_the_program_is_no_missing_answer(name: str) -> None:
    assert kind_of(name) == "other_errors"


def pino(**more: Any) -> str:
    return json.dumps({"level": 30, "time": 1, "name": "twinmind", "operation": "transcribe", "msg": "done"} | more)


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_in_json_is_of_its_kind(message: str) -> None:
    found = reading([pino(level=50, error={"name": "Error", "message": message})])
    assert found.errors == {MESSAGES[message]: 1}


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_in_columns_is_of_its_kind(message: str) -> None:
    assert reading([f"2026-01-05T12:00:00Z ERROR transcribe web-app {message}"]).errors == {MESSAGES[message]: 1}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (pino(), None),
        (pino(level=50), ""),
        (pino(level="error", error={"name": "E1"}), "E1"),
        (pino(error="text only"), ""),
        (pino(err={"type": "E2", "message": "m"}), "E2"),
        ("2026-01-05 INFO transcribe web-app 20ms ok", None),
        ("2026-01-05 Error in handler: E3", "E3"),
        ("errors=0 terror", None),
        ('{"broken": error', "error"),
    ],
)
def test_what_is_an_error(line: str, error: str | None) -> None:
    assert entry(line).error == error


def test_errors_are_counted_by_type_as_the_pipeline_counts_them() -> None:
    """`grep error | awk '{print $NF}' | sort | uniq -c | sort -rn`, and the same of JSON."""
    types = {"RateLimitError": 30, "ECONNRESET": 20, "SocketHangUp": 10}
    columns = [f"t ERROR transcribe web {name}" for name, count in types.items() for _ in range(count)]
    codes = [pino(level=50, err={"name": "Error", "code": name}) for name, count in types.items() for _ in range(count)]
    for lines in (columns, codes):
        found = reading(lines)
        assert found.types.most_common() == list(types.items())
        assert found.errors == {"rate_limited": 30, "unanswered": 30}


@pytest.mark.parametrize("field", ["status", "statusCode", "status_code"])
def test_a_status_beside_the_error_counts(field: str) -> None:
    assert reading([pino(level=50, error={"name": "HttpError", field: 429})]).errors == {"rate_limited": 1}


def test_heavy_consumers_and_error_types() -> None:
    lines = [pino(consumer="batch"), pino(consumer="batch", level=50, error={"name": "RATE_LIMITED"})]
    lines += ["t INFO transcribe batch ok ok", "t INFO transcribe web ok ok", "t INFO health probe ok ok", ""]
    found = reading(lines)
    assert (found.lines, found.types) == (5, {"RATE_LIMITED": 1})
    assert found.consumers == {"batch": 3, "web": 1}


@pytest.mark.parametrize("secret", ["tm_sk_test_Zm9vYmFyYmF6cXV4", "eyJhbGciOiJIUzI1NiJ9.e30.x", "a b", "x" * 41])
def test_what_is_no_name_is_not_shown(secret: str) -> None:
    found = reading([pino(consumer=secret, level=50, error={"name": secret}), f"t ERROR transcribe {secret} {secret}"])
    assert not any(secret in name for name in found.consumers)
    assert not any(secret in name for name in found.types)
    assert found.errors.total() == 2


@given(st.lists(st.text(max_size=80)))
def test_any_text_is_read(lines: list[str]) -> None:
    found = reading(lines)
    assert found.errors.total() <= found.lines <= len(lines)
    assert set(found.errors) <= set(KINDS)
