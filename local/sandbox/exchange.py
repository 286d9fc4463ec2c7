"""A request to a vendor and its answer as one JSON object: what a check against the vendor's own document needs."""

from typing import Any

from flask import Response, request

from local.sandbox.shapes import Json

# The headers that a vendor's document can ask for; never a credential.
HEADERS = ("Accept", "Content-Type", "From", "Idempotency-Key", "X-EARLY-ACCESS")


def exchange(response: Response) -> Json:
    """Shape: method, path, route (the path with names for the ids), query, headers, body, status, type, answer.

    `query` and a form in `body` are lists of [name, value]; `answer` is parsed JSON, or null.
    """
    return {
        "method": request.method,
        "path": request.path,
        "route": request.url_rule.rule if request.url_rule else request.path,
        "query": [[name, value] for name, value in request.args.items(multi=True)],
        "headers": {name: request.headers[name] for name in HEADERS if name in request.headers},
        "body": _body(),
        "status": response.status_code,
        "type": response.mimetype,
        "answer": response.get_json(silent=True),
    }


def _body() -> Any:
    if request.mimetype == "application/x-www-form-urlencoded":
        return [[name, value] for name, value in request.form.items(multi=True)]
    return request.get_json(silent=True)
