"""A deployment with everything right, and what each check says of it."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl

from responder.config.runbook import merge
from tests.support import platforms
from tests.support.escalation import LEAD_TOPIC
from tests.support.inprocess import (
    API_URL,
    SETTINGS,
    SIGNING_SECRET,
    WEBHOOK_SECRETS,
    Cloud,
    credentials,
    fast_runbook,
)

SECRET = WEBHOOK_SECRETS["pagerduty"]
SETUP: dict[str, Any] = {
    "scope": {"services": ["PSOURS1"], "teams": ["platform"]},
    "approvals": {"approvers": {"slack": ["U0ONCALL1"]}, "pager_users": {"U0ONCALL2": "jane@example.com"}},
    "escalation": {level: {"upstream": "escalate"} for level in ("2", "3", "4")},
}


def right(cloud: Cloud, deliver_to: str) -> None:
    """As after `responder configure`: the override, every secret, the subscription, a confirmed address."""
    override(cloud)
    cloud.put_credentials(credentials(cloud.sandbox.url))
    put(cloud, "WEBHOOK_SECRET", json.dumps(WEBHOOK_SECRETS | {"slack": SIGNING_SECRET}))
    subscription = {"url": f"{API_URL}/webhooks/pagerduty", "deliver_to": deliver_to, "secret": SECRET}
    service = {"type": "service_reference", "id": "PSOURS1"}
    cloud.sandbox.patch({"pagerduty": {"subscriptions": {"PSUB1": subscription | {"filter": service}}}})


def override(cloud: Cloud, more: Mapping[str, Any] | None = None) -> None:
    cloud.set_runbook(merge(merge(fast_runbook(cloud.sandbox.url), SETUP), more or {}))


def put(cloud: Cloud, setting: str, value: str) -> None:
    cloud.client("secretsmanager").put_secret_value(SecretId=SETTINGS[setting], SecretString=value)


def examined(cloud: Cloud) -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in cloud.invoke("doctor", {})["checks"]}


def look_everywhere(cloud: Cloud) -> None:
    """Every call that the doctor may make: what its role is for."""
    with front_door(cloud) as url:
        right(cloud, url)
        doctored = {"escalation": {"2": {"topic_arn": LEAD_TOPIC}}}
        for platform in (platforms.EKS, platforms.ECS):
            override(cloud, doctored | {"endpoints": {"service": {"platform": platform}}})
            found = {one["name"]: one for one in cloud.invoke("doctor", {"tell": True})["checks"]}
            assert found["consumers"]["outcome"] != "ok"
            assert found["PagerDuty webhook secret"]["outcome"] == "ok"


@contextmanager
def front_door(cloud: Cloud) -> Iterator[str]:
    """The API under a URL of this machine: what the sandbox delivers reaches the real function, and the queue."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, _ = cloud.post("pagerduty", body, dict(self.headers))
            self.send_response(status)
            self.end_headers()

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            incident_id = path.removeprefix("/incidents").strip("/")
            event: dict[str, Any] = {"queryStringParameters": dict(parse_qsl(query))}
            answer = cloud.invoke(
                "read_incidents", event | {"pathParameters": {"id": incident_id} if incident_id else None}
            )
            self.send_response(answer["statusCode"])
            self.end_headers()
            self.wfile.write(answer["body"].encode())

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks/pagerduty"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
