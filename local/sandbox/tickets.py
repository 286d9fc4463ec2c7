"""Jira Cloud's REST API v3, the part that keeps an incident's ticket (developer.atlassian.com/cloud/jira/platform)."""

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from flask import Response, request

from local.sandbox.shapes import Json
from local.sandbox.tickets_objects import (
    BOT,
    TRANSITIONS,
    chosen,
    comment_page,
    fresh_issue,
    issue_object,
    jira_date,
    limit_headers,
    number_of,
    transition_page,
)
from local.sandbox.tickets_rules import (
    BadQueryError,
    broken_fields,
    broken_labels,
    is_document,
    misshapen,
    not_on_screen,
    query,
)
from local.sandbox.vendor import Route, Vendor, View, answer, json_body

MISSING = "Issue does not exist or you do not have permission to see it."
PROPERTY_LIMIT = 32_768
PAGE_LIMIT = 5000


class Tickets(Vendor):
    name = "tickets"
    prefix = "/tickets/rest/api/3"
    scheme = "Basic "

    def routes(self) -> Iterable[Route]:
        yield "POST", "/issue", self._create
        yield "POST", "/search/jql", self._search
        yield "GET", "/myself", lambda: answer(BOT)
        yield "GET", "/issue/createmeta/<project>/issuetypes", self._kinds
        yield "GET", "/issue/createmeta/<project>/issuetypes/<kind>", lambda **_: answer(self._fields())
        for method, rule, view in (
            ("GET", "", self._read),
            ("PUT", "", self._edit),
            ("GET", "/comment", lambda key: answer(comment_page(self._stored(key)["comments"]))),
            ("POST", "/comment", self._comment),
            ("GET", "/properties/<name>", self._property),
            ("PUT", "/properties/<name>", self._set_property),
            ("GET", "/transitions", lambda _: answer(transition_page())),
            ("POST", "/transitions", self._transition),
        ):
            yield method, f"/issue/<issue>{rule}", self._of_issue(view)

    def credential(self) -> str | None:
        """The API token: what follows the colon in Basic authentication ("Basic auth for REST APIs")."""
        return self._pair()[1] or None

    def accepts(self, credential: str | None) -> bool:
        """The world may list the token alone or `email:token`; Jira needs the e-mail address in any case."""
        wanted = self.world["credentials"][self.name]
        return all(self._pair()) and wanted in (None, credential, ":".join(self._pair()))

    def _pair(self) -> tuple[str, str]:
        try:
            text = base64.b64decode(super().credential() or "", validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        email, _, token = text.partition(":")
        return email, token

    def refusal(self) -> Response | None:
        if not self.accepts(self.credential()):
            return self.error(401, "Client must be authenticated to access this resource.")
        if self.state["rate_limited"]:
            return self.error(429, "Rate limit exceeded.")
        bad = "/properties/" not in request.path and misshapen(json_body())
        return self.error(400, "Invalid request payload. Refer to the REST API documentation.") if bad else None

    def error(self, status: int, message: str) -> Response:
        """ErrorCollection; 401 in the login layer's shape; 429 with its headers ("Rate limiting")."""
        if status == 401:
            headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
            return answer({"message": message, "status-code": 401}, 401, headers)
        headers = limit_headers(self.state["retry_after"], self.world.now()) if status == 429 else {}
        return answer({"errorMessages": [message], "errors": {}}, status, headers)

    def _of_issue(self, view: View) -> View:
        """The path may hold the issue's key or its id."""

        def serve(issue: str, **parts: str) -> Response:
            keys = [key for key in self.state["issues"] if issue in (key, self._stored(key)["id"])]
            return view(keys[0], **parts) if keys else self.error(404, MISSING)

        return serve

    def _kinds(self, project: str) -> Response:
        if self.state["project"] not in (None, project):
            return self.error(404, "No project could be found with key.")
        kinds = [{"id": "10001", "name": "Task", "subtask": False}, {"id": "10002", "name": "Bug", "subtask": False}]
        return answer({"issueTypes": kinds, "maxResults": 50, "startAt": 0, "total": len(kinds)})

    def _fields(self) -> Json:
        own = [
            {"fieldId": name, "name": name.title(), "required": True} for name in ("summary", "project", "issuetype")
        ]
        more = [{"fieldId": f"customfield_{place}", "name": name, "required": True, "hasDefaultValue": False}
                for place, name in enumerate(self.state["required_fields"], start=10_000)]  # fmt: skip
        return {"fields": own + more, "maxResults": 50, "startAt": 0, "total": len(own) + len(more)}

    def _stored(self, key: str) -> Json:
        """The stored issue, with defaults for what the world's entry does not say."""
        issues = self.state["issues"]
        fresh = fresh_issue(number_of(key), key.rsplit("-", 1)[0], None)
        stored: Json = fresh | issues[key]
        stored["fields"] = fresh["fields"] | stored["fields"]
        issues[key] = stored
        return stored

    def _shown(self, key: str) -> Json:
        stored = self._stored(key)
        dates = {name: jira_date(self.world.iso(stored[f"{name}_at"] or 0)) for name in ("created", "updated")}
        return issue_object(key, stored, self._site(), dates)

    def _site(self) -> str:
        return f"{request.host_url}{self.prefix.removeprefix('/')}"

    def _create(self) -> Response:
        """201 {id, key, self}; 400 names each broken field ("Create issue"). A repeat makes a second issue."""
        given = json_body()
        broken = broken_fields(given.get("fields"), self.state["project"], creates=True)
        if broken:
            return answer({"errorMessages": [], "errors": broken}, 400)
        issues, project = self.state["issues"], given["fields"]["project"]["key"]
        number = 1 + max((number_of(key) for key in issues), default=0)
        stored = fresh_issue(number, project, self.world.now())
        stored["fields"] |= given["fields"]
        stored["properties"] = {one["key"]: one["value"] for one in given.get("properties", [])}
        issues[f"{project}-{number}"] = stored
        made = {"id": stored["id"], "key": f"{project}-{number}", "self": f"{self._site()}/issue/{stored['id']}"}
        return answer(made, 201)

    def _read(self, key: str) -> Response:
        """`expand=editmeta` adds the fields of the edit screen ("Get issue")."""
        wanted, expanded = request.args.get("fields"), request.args.get("expand", "").split(",")
        screen = {name: {"required": False, "name": name.title()} for name in self.state["edit_screen"]}
        more = {"editmeta": {"fields": screen}} if "editmeta" in expanded else {}
        return answer(chosen(self._shown(key), wanted.split(",") if wanted else ["*all"]) | more)

    def _edit(self, key: str) -> Response:
        """204; `fields` replaces, `update.labels` adds and removes ("Edit issue")."""
        given, stored = json_body(), self._stored(key)
        changes = given.get("update", {}).get("labels", [])
        added = [one["add"] for one in changes if "add" in one]
        fields = given.get("fields", {})
        broken = broken_fields(fields, self.state["project"], creates=False) | broken_labels(added)
        broken |= {name: not_on_screen(name) for name in fields if name not in self.state["edit_screen"]}
        if broken:
            return answer({"errorMessages": [], "errors": broken}, 400)
        stored["fields"] |= given.get("fields", {})
        removed = [one["remove"] for one in changes if "remove" in one]
        labels = dict.fromkeys([*stored["fields"]["labels"], *added])
        stored["fields"]["labels"] = [label for label in labels if label not in removed]
        return self._touched(stored)

    def _touched(self, stored: Json) -> Response:
        stored["updated_at"] = self.world.now()
        return Response(status=204)

    def _comment(self, key: str) -> Response:
        """201 with the comment; the body is a document, not a text ("Add comment")."""
        stored, body = self._stored(key), json_body().get("body")
        if not is_document(body):
            return answer({"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}}, 400)
        number, now = str(20_000 + len(stored["comments"])), jira_date(self.world.iso())
        comment = {"id": number, "self": f"{self._site()}/issue/{stored['id']}/comment/{number}", "body": body}
        stored["comments"].append(comment | {"author": BOT, "updateAuthor": BOT, "created": now, "updated": now})
        self._touched(stored)
        return answer(stored["comments"][-1], 201)

    def _property(self, key: str, name: str) -> Response:
        found = self._stored(key)["properties"]
        if name not in found:
            return self.error(404, f"The property with key '{name}' does not exist.")
        return answer({"key": name, "value": found[name]})

    def _set_property(self, key: str, name: str) -> Response:
        """201 for a new one, 200 for a changed one; any JSON up to 32768 characters ("Set issue property")."""
        value: Any = request.get_json(silent=True, force=True)
        if value is None or len(request.get_data(as_text=True)) > PROPERTY_LIMIT:
            return self.error(400, "The property value must be valid JSON of at most 32768 characters.")
        properties = self._stored(key)["properties"]
        known = name in properties
        properties[name] = value
        return Response(status=200 if known else 201)

    def _transition(self, key: str) -> Response:
        wanted = json_body().get("transition")
        number = str(wanted.get("id")) if isinstance(wanted, dict) else ""
        if number not in TRANSITIONS:
            return self.error(400, f"Transition id '{number}' is not valid for this issue.")
        stored = self._stored(key)
        stored["status"] = TRANSITIONS[number]
        return self._touched(stored)

    def _search(self) -> Response:
        """{issues, isLast, nextPageToken}; a new issue is found late unless `reconcileIssues` names its id."""
        given = json_body()
        try:
            matches = query(given.get("jql"))
        except BadQueryError as error:
            return self.error(400, str(error))
        keys = [key for key in self.state["issues"] if self._indexed(key, given.get("reconcileIssues", []))]
        found = [self._shown(key) for key in reversed(keys) if matches(key, self._stored(key))]
        start, size = int(given.get("nextPageToken") or 0), min(int(given.get("maxResults", 50)), PAGE_LIMIT)
        page = [chosen(issue, given.get("fields")) for issue in found[start : start + size]]
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return answer({"issues": page, "isLast": not more} | more)

    def _indexed(self, key: str, reconciled: list[int]) -> bool:
        stored = self._stored(key)
        due = (stored["created_at"] or 0) + self.state["search_lag_ms"] / 1000
        return int(stored["id"]) in reconciled or self.world.now() >= due
