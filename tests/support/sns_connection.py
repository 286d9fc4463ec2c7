"""SNS at the end of a line that can fail: the SDK's own retries and time limits are met, not imitated.

Understands the sandbox's faults (local/README.md) for one topic; whatever gets through is published in moto.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from responder.aws import clients
from tests.support.inprocess import SETTINGS, Cloud

# Error codes as SNS names them (Amazon SNS API reference, common errors and Publish).
CODES = {403: "AuthorizationError", 429: "ThrottledException", 500: "InternalError", 503: "ServiceUnavailable"}


class TopicLine:
    def __init__(self, cloud: Cloud) -> None:
        self._sns = cloud.client("sns")  # made before the endpoint is changed: it goes to moto
        self._lock = threading.Lock()
        self._topic = ""
        self._faults: dict[str, Any] = {}

    def trouble(self, setting: str, faults: dict[str, Any]) -> None:
        """From now on for the topic of that setting; `faults` may share no list with another test."""
        self._topic, self._faults = SETTINGS[setting], {**faults}
        self._faults["fail_next"] = [dict(one) for one in faults.get("fail_next", [])]

    def clear(self) -> None:
        self._faults = {}

    def answer(self, request: dict[str, str]) -> tuple[int, str] | None:
        """Status and body; None for a line that goes dead."""
        faults = self._faults if request["TopicArn"] == self._topic else {}
        time.sleep(faults.get("hang_seconds", 0))
        if faults.get("drop"):
            return None
        if request["Action"] == "ListSubscriptionsByTopic":
            return 200, self._subscribers(request["TopicArn"])
        with self._lock:
            failure = next((one for one in faults.get("fail_next", []) if one["times"] > 0), None)
            if failure:
                failure["times"] -= 1
                return failure["status"], failure.get("body") or _error(failure["status"])
            lost = faults.pop("lose_answer", None)
        said = self._sns.publish(**{name: request[name] for name in ("TopicArn", "Subject", "Message")})
        if lost:
            return (200, lost["body"]) if isinstance(lost, dict) else None
        result = f"<PublishResult><MessageId>{said['MessageId']}</MessageId></PublishResult>"
        return 200, f"<PublishResponse>{result}</PublishResponse>"

    def _subscribers(self, topic_arn: str) -> str:
        found = self._sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
        members = "".join(
            f"<member><SubscriptionArn>{one['SubscriptionArn']}</SubscriptionArn></member>" for one in found
        )
        result = f"<Subscriptions>{members}</Subscriptions>"
        return (
            "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult>"
            f"{result}</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
        )


def _error(status: int) -> str:
    inside = f"<Type>Sender</Type><Code>{CODES[status]}</Code><Message>Test fault</Message>"
    return f"<ErrorResponse><Error>{inside}</Error><RequestId>r-1</RequestId></ErrorResponse>"


def _handler(line: TopicLine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = line.answer({name: values[0] for name, values in parse_qs(body).items()})
            if found is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            text = found[1].encode()
            try:
                self.send_response(found[0])
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except OSError:  # the caller gave up meanwhile
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Nothing on the test's output."""

    return Handler


@contextmanager
def topic_line(cloud: Cloud) -> Iterator[TopicLine]:
    line = TopicLine(cloud)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(line))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_SNS", f"http://127.0.0.1:{server.server_port}")
        clients.client.cache_clear()
        try:
            yield line
        finally:
            server.shutdown()
            server.server_close()
            clients.client.cache_clear()
