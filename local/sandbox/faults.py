"""Faults that any vendor can have: down, slow, failing a few times, hanging, dropped connections, a lost answer."""

import contextlib
import socket

from flask import Response, request
from werkzeug.http import http_date

from local.sandbox.shapes import Json
from local.sandbox.vendor import Vendor

READS = ("GET", "HEAD")
DROPPED = "X-Sandbox-Dropped"


def before(vendor: Vendor) -> Response | None:
    """The answer of a vendor with a fault, after the world's delay; None lets the call pass."""
    resets = vendor.world.resets
    vendor.world.sleep(vendor.world["faults"][vendor.name]["hang_seconds"] + vendor.state["latency_ms"] / 1000)
    faults = vendor.world["faults"][vendor.name]  # the world may have changed meanwhile
    # A call from before a reset must not use up a fault of the new world.
    if resets != vendor.world.resets or faults["drop"] or not vendor.state.get("reachable", True):
        return drop_connection(Response(status=503))
    with vendor.world.lock:
        failure = _next_failure(faults)
    if failure:
        return _failed(vendor, failure)
    status = vendor.state["status_code"] or (200 if vendor.state.get("up", True) else 503)
    return None if status == 200 else vendor.error(status, "Service Unavailable" if status == 503 else "Sandbox fault")


def lost(vendor: Vendor, response: Response) -> Response | None:
    """The answer that arrives in place of the lost answer to a successful write; uses up one `lose_answer`.

    A closed connection, or with `body` a page of a program in between, under the same status.
    """
    if request.method in READS or response.status_code >= 400:
        return None
    faults = vendor.world["faults"][vendor.name]
    with vendor.world.lock:
        wanted = faults["lose_answer"]
        rule: Json = dict(wanted) if isinstance(wanted, dict) else {"times": wanted or 0}
        if not _matches(rule) or rule.get("times", 1) < 1:
            return None
        faults["lose_answer"] = rule | {"times": rule.get("times", 1) - 1}
    if "body" in rule:
        return Response(rule["body"], status=response.status_code)
    response.headers[DROPPED] = "1"
    return response


def dated(vendor: Vendor, response: Response) -> None:
    """Adds the vendor's time. `clock_off_seconds`: how wrong the vendor's clock, or ours, is."""
    response.headers["Date"] = http_date(vendor.world.now() + vendor.world["faults"][vendor.name]["clock_off_seconds"])


def drop_connection(response: Response) -> Response:
    """Closes the socket: the client gets a broken connection instead of `response`."""
    line: socket.socket = request.environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    response.headers[DROPPED] = "1"
    return response


def _next_failure(faults: Json) -> Json | None:
    for failure in faults["fail_next"]:
        if _matches(failure) and failure.get("times", 1) > 0:
            if failure.get("after", 0) > 0:  # that many calls go through first
                failure["after"] -= 1
                continue
            failure["times"] = failure.get("times", 1) - 1
            found: Json = failure
            return found
    return None


def _matches(rule: Json) -> bool:
    return rule.get("path", "") in request.path and rule.get("method", request.method) == request.method


def _failed(vendor: Vendor, failure: Json) -> Response:
    """`body`: the answer of a proxy or a sign-in page in place of the vendor's."""
    if "body" in failure:
        return Response(failure["body"], status=failure.get("status", 500))
    response = vendor.error(failure.get("status", 500), failure.get("message", "Sandbox fault"))
    if "retry_after" in failure:
        response.headers["Retry-After"] = str(failure["retry_after"])
    return response
