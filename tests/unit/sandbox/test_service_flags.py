"""The service flags of our service: what each changes in its traffic, and where they are read."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from local.sandbox.service_flags import ServiceFlagsParameter
from tests.support.sandbox_client import Outside

CALLS = 'twinmind_api_requests_total{method="POST",endpoint="/transcribe",status="%s"}'
DURATION = 'twinmind_transcription_duration_seconds_%s{model="%s"}'
OFF = {
    "request_queue": False,
    "reject_non_critical": False,
    "client_rate_limit_per_minute": None,
    "model": "ear-3",
    "version": 0,
}


def _set(outside: Outside, service_flags: dict[str, Any] | None) -> None:
    """Sets them, and lets the service poll; one second of its work is done before they count."""
    outside.service_flags = service_flags
    outside.now += 1
    outside.http.get("/service/health")


def _load(outside: Outside, per_minute: int) -> None:
    outside.sandbox.patch({"service": {"load": {"requests_per_minute": per_minute}}})


def _minute(outside: Outside) -> tuple[float, float]:
    """Calls that TwinMind served, and those that it refused with 429, in the next minute."""
    before = outside.metrics()
    outside.now += 60
    after = outside.metrics()
    served, refused = (after.get(CALLS % status, 0) - before.get(CALLS % status, 0) for status in ("success", "429"))
    return served, refused


def _in_force(outside: Outside) -> Any:
    return outside.http.get("/_world").json()["service"]["running"]["service_flags"]


def test_they_are_polled_now_and_then_and_shown(outside: Outside) -> None:
    outside.sandbox.patch({"service": {"service_flags_poll_seconds": 2}})
    assert _in_force(outside) == OFF
    outside.now += 1
    _set(outside, {"request_queue": True, "model": "ear-2"})
    assert _in_force(outside) == OFF | {"request_queue": True, "model": "ear-2"}
    outside.service_flags = {}
    outside.now += 1
    assert _in_force(outside)["request_queue"] is True
    outside.now += 1
    assert _in_force(outside) == OFF


@pytest.mark.parametrize(
    "service_flags",
    [
        {"request_queue": "yes", "model": "ear-4"},
        {"client_rate_limit_per_minute": -1},
        {"client_rate_limit_per_minute": True},
    ],
)
def test_what_makes_no_sense_is_off(outside: Outside, service_flags: dict[str, Any]) -> None:
    _set(outside, service_flags)
    assert _in_force(outside) == OFF


@pytest.mark.parametrize(
    ("service_flags", "served"),
    [
        ({"client_rate_limit_per_minute": 240}, 240),
        ({"client_rate_limit_per_minute": 90, "request_queue": True}, 90),
        ({"client_rate_limit_per_minute": 0}, 0),
        ({"reject_non_critical": True, "client_rate_limit_per_minute": 280}, 280),
    ],
)
def test_less_is_sent_so_that_the_429s_end(outside: Outside, service_flags: dict[str, Any], served: int) -> None:
    _load(outside, 600)
    outside.now += 60
    assert _minute(outside)[1] == 300
    _set(outside, service_flags)
    outside.now += 60
    assert _minute(outside) == (served, 0)


def test_rejecting_what_is_not_critical_is_enough_where_the_rest_fits(outside: Outside) -> None:
    _load(outside, 450)
    _set(outside, {"reject_non_critical": True})
    outside.now += 60
    assert _minute(outside) == (270, 0)


def test_a_queue_spreads_the_calls_and_shows_what_waits(outside: Outside) -> None:
    _load(outside, 0)
    _set(outside, {"request_queue": True})
    assert outside.metrics()["twinmind_queue_size"] == 0
    _load(outside, 420)
    assert _minute(outside) == (300, 0)
    assert outside.metrics()["twinmind_queue_size"] == 120
    _load(outside, 0)
    assert _minute(outside) == (120, 0)
    assert outside.metrics()["twinmind_queue_size"] == 0


def test_the_version_in_force_is_reported_by_a_service_that_polls(outside: Outside) -> None:
    _set(outside, {"version": 7})
    assert outside.metrics()["twinmind_service_flags_version"] == 7
    outside.sandbox.patch({"service": {"reads_service_flags": False}})
    _set(outside, {"version": 8, "request_queue": True})
    assert _in_force(outside)["request_queue"] is False


def test_the_faster_model_takes_less_time_under_its_own_label(outside: Outside) -> None:
    _set(outside, {"model": "ear-2"})
    outside.now += 60
    metrics = outside.metrics()
    means = [metrics[DURATION % ("sum", model)] / metrics[DURATION % ("count", model)] for model in ("ear-3", "ear-2")]
    assert means == pytest.approx([8.0, 4.0])


class _Parameters(BaseHTTPRequestHandler):
    """GetParameter of the JSON 1.1 protocol."""

    values: ClassVar[dict[str, str]] = {}
    broken: ClassVar[bool] = False

    def do_POST(self) -> None:
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["Name"]
        found = name in self.values and not self.broken
        kind = "InternalServerError" if self.broken else "ParameterNotFound"
        body = {"Parameter": {"Name": name, "Value": self.values[name]}} if found else {"__type": kind}
        self.send_response(200 if found else 500 if self.broken else 400)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(_Parameters, "values", {"service_flags": '{"model": "ear-2"}', "text": "ear-2", "list": "[]"})
    with ThreadingHTTPServer(("127.0.0.1", 0), _Parameters) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_parameter_is_read_and_the_last_service_flags_stay_while_it_cannot_be(
    cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = ServiceFlagsParameter(cloud, None, "service_flags")
    assert read() == {"model": "ear-2"}
    monkeypatch.setattr(_Parameters, "broken", True)
    assert read() == {"model": "ear-2"}
    monkeypatch.setattr(_Parameters, "broken", False)
    monkeypatch.setattr(_Parameters, "values", {})
    assert read() is None


@pytest.mark.parametrize("name", ["missing", "text", "list"])
def test_a_parameter_without_service_flags_is_as_none(cloud: str, name: str) -> None:
    assert ServiceFlagsParameter(cloud, "us-east-1", name)() is None
