"""CloudTrail's LookupEvents as its API reference has it, over HTTP; moto has no such call, MiniStack finds nothing."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from responder.domain.clock import now

Json = dict[str, Any]
PAGE = 50
# AWS says two calls a second; a call that comes sooner than this after the one before was not paced at all.
SOONEST_SECONDS = 0.4


@dataclass
class FakeTrail:
    """`events` as CloudTrail keeps them, in any order; `error`: the code that every call is answered with."""

    url: str = ""
    events: list[Json] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    error: str | None = None

    def answer(self, request: Json) -> tuple[int, Json]:
        self.requests.append(request)
        self.times.append(now().timestamp())
        (attribute,) = request["LookupAttributes"]
        if request.get("MaxResults", PAGE) > PAGE or self.error:
            return 400, {"__type": self.error or "InvalidMaxResultsException", "message": "no"}
        chosen = sorted(
            (event for event in self.events if _fits(event, attribute, request)),
            key=lambda event: str(event["eventTime"]),
            reverse=True,
        )
        start = int(request.get("NextToken", "0"))
        page = chosen[start : start + PAGE]
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(chosen) else {}
        return 200, {"Events": [_shown(event) for event in page]} | more


def read_event(
    at: datetime,
    secret: str | None,
    *,
    identity: str = "arn:aws:sts::123456789012:assumed-role/Admin/lead",
    role: str | None = "arn:aws:iam::123456789012:role/Admin",
    ip: str = "203.0.113.9",
    agent: str = "aws-cli/2.17",
    name: str = "GetSecretValue",
    **more: Any,
) -> Json:
    issuer = {"sessionContext": {"sessionIssuer": {"arn": role}}} if role else {}
    return {
        "eventID": str(uuid.uuid4()),
        "eventName": name,
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "userIdentity": {"type": "AssumedRole" if role else "IAMUser", "arn": identity} | issuer,
        "sourceIPAddress": ip,
        "userAgent": agent,
        "requestParameters": ({"secretId": secret} if secret else {"filters": [{"key": "name"}]}) | more,
    }


def _fits(event: Json, attribute: Json, request: Json) -> bool:
    at = datetime.fromisoformat(event["eventTime"]).timestamp()
    if not request["StartTime"] <= at <= request["EndTime"]:
        return False
    # No document says that `ResourceName` finds reads of a secret, so here it does not.
    return attribute == {"AttributeKey": "EventName", "AttributeValue": event["eventName"]}


def _shown(event: Json) -> Json:
    at = datetime.fromisoformat(event["eventTime"]).timestamp()
    return {"EventId": event["eventID"], "EventName": event["eventName"], "EventTime": at} | {
        "CloudTrailEvent": json.dumps(event)
    }


@contextmanager
def running_trail() -> Iterator[FakeTrail]:
    trail = FakeTrail()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = trail.answer(json.loads(body))
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """The test's output is not the place."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    trail.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield trail
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
