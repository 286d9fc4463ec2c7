"""The part of Jira Cloud's REST API v3 for tickets (developer.atlassian.com/cloud/jira/platform/rest/v3)."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import RequestRefused, listed, mapping, refused
from responder.context import IncidentContext
from responder.integrations.jira.adf import Node
from responder.integrations.jira.settings import Settings

TIME_LIMIT = 3.0
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,60}-[0-9]{1,12}")
# No connection, so the request cannot have reached Jira.
_NOT_SENT = ("dns", "tls", "unsent")


@dataclass(frozen=True)
class InDoubt(RequestRefused):
    """No clear answer: the request may have succeeded."""


class JiraClient:
    def __init__(self, ctx: IncidentContext) -> None:
        vendor = ctx.runbook.vendors.of(Settings)
        self._ctx, self._base, self._email = ctx, str(vendor.api_url), vendor.email

    def create(self, fields: Node, incident_id: str) -> Node | RequestRefused:
        """The new issue's `key`. InDoubt if a retry could create a second one."""
        body = {"fields": fields, "properties": [{"key": "incident", "value": {"id": incident_id}}]}
        answer = self.call("POST", "/issue", body)
        if isinstance(answer, NoAnswer):
            return _doubt(refused(answer)) if answer.kind not in _NOT_SENT else refused(answer)
        key = _key(mapping(answer.json())) if answer.ok else None
        if key:
            return {"key": key}
        return _doubt(refused(answer)) if answer.ok or answer.status >= 500 else _explained(answer)

    def labelled(self, project: str, label: str) -> str | RequestRefused | None:
        """The key of the oldest issue with `label`; a new one shows after seconds or minutes ("Search After Write").

        `reconcileIssues` needs the id, which a lost answer did not give us.
        """
        query = {"jql": f'project = "{project}" AND labels = "{label}" ORDER BY created ASC', "fields": ["summary"]}
        answer = self.call("POST", "/search/jql", query | {"maxResults": 2})
        if not answer.ok:
            return refused(answer)
        keys = [_key(issue) for issue in listed(answer.json(), "issues")]
        return next((key for key in keys if key), None)

    def read(self, key: str) -> Node | RequestRefused:
        """The issue's fields; `editable` names those that its edit screen lets us set."""
        answer = self.call("GET", f"/issue/{key}?fields=description,status,labels,duedate,assignee&expand=editmeta")
        if not answer.ok:
            return refused(answer)
        fields, editable = mapping(answer.json(), "fields"), mapping(answer.json(), "editmeta", "fields")
        return fields | {"editable": list(editable)}

    def edit(self, key: str, fields: Node) -> RequestRefused | None:
        answer = self.call("PUT", f"/issue/{key}", {"fields": fields})
        if isinstance(answer, NoAnswer):
            return refused(answer)
        return None if answer.ok else _explained(answer)

    def comments(self, key: str) -> list[Node] | RequestRefused:
        """The newest hundred, each with `body`."""
        answer = self.call("GET", f"/issue/{key}/comment?orderBy=-created&maxResults=100")
        if not answer.ok:
            return refused(answer)
        return listed(answer.json(), "comments")

    def comment(self, key: str, body: Node) -> RequestRefused | None:
        answer = self.call("POST", f"/issue/{key}/comment", {"body": body})
        return refused(answer) if not answer.ok else None

    def call(self, method: str, path: str, body: Any = None) -> Response | NoAnswer:
        def send(token: str) -> Response | NoAnswer:
            pair = base64.b64encode(f"{self._email}:{token}".encode()).decode()
            headers = {"Authorization": f"Basic {pair}"}
            return self._ctx.http.call(method, self._base + path, headers=headers, json=body, timeout=TIME_LIMIT)

        return self._ctx.call_as("tickets", send)


def _key(issue: Node) -> str | None:
    """Keys are shown and used in URLs, so they must look like one."""
    key = issue.get("key")
    return key if isinstance(key, str) and _KEY.fullmatch(key) else None


def _doubt(why: RequestRefused) -> InDoubt:
    return InDoubt(why.why, again=True, pause=max(why.pause, 2.0))


def _explained(answer: Response) -> RequestRefused:
    """Includes the names of refused fields, but not Jira's sentences, which may quote us."""
    plain = refused(answer)
    fields = sorted(str(name)[:40] for name in mapping(answer.json(), "errors"))[:5]
    return RequestRefused(f"{plain.why} for {', '.join(fields)}", plain.again, plain.pause) if fields else plain
