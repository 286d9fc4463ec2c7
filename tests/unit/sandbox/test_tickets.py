"""Jira Cloud's REST API v3."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.support.sandbox_client import Outside

BASE = "/tickets/rest/api/3"
TOKEN = "a-long-jira-token"
KEY = httpx.BasicAuth("responder@example.com", TOKEN)
FIELDS = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Calls refused", "labels": ["pd-P1"]}
DOCUMENT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": []}]}


def _call(outside: Outside, method: str, path: str, body: Any = None) -> httpx.Response:
    return outside.http.request(method, f"{BASE}{path}", auth=KEY, json=body)


def _create(outside: Outside, **fields: Any) -> httpx.Response:
    return _call(outside, "POST", "/issue", {"fields": FIELDS | fields})


def _found(outside: Outside, **query: Any) -> list[str]:
    answer = _call(outside, "POST", "/search/jql", {"jql": 'labels = "pd-P1"', "fields": ["summary"]} | query)
    return [issue["key"] for issue in answer.json()["issues"]]


def test_an_issue_is_created_and_read_by_key_and_by_id(outside: Outside) -> None:
    created = _create(outside, description=DOCUMENT)
    assert (created.status_code, set(created.json())) == (201, {"id", "key", "self"})
    assert created.json()["key"] == "OPS-1"
    for name in (created.json()["key"], created.json()["id"]):
        fields = _call(outside, "GET", f"/issue/{name}").json()["fields"]
        assert (fields["summary"], fields["status"]["name"]) == ("Calls refused", "To Do")
    assert outside.http.get(created.json()["self"], auth=KEY).json()["key"] == "OPS-1"
    assert _create(outside).json()["key"] == "OPS-2"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"project": {}}, "project"),
        ({"issuetype": None}, "issuetype"),
        ({"summary": " "}, "summary"),
        ({"summary": "a\nb"}, "summary"),
        ({"summary": "s" * 256}, "summary"),
        ({"labels": ["two words"]}, "labels"),
        ({"description": "a text"}, "description"),
        ({"severity": "P1"}, "severity"),
    ],
)
def test_a_field_against_the_rules_is_named(outside: Outside, fields: dict[str, Any], name: str) -> None:
    refused = _create(outside, **fields)
    assert (refused.status_code, refused.json()["errorMessages"], set(refused.json()["errors"])) == (400, [], {name})
    assert outside.http.get("/_world").json()["tickets"]["issues"] == {}


def test_only_the_declared_project_exists_once_one_is_declared(outside: Outside) -> None:
    outside.sandbox.patch({"tickets": {"project": "INC"}})
    assert _create(outside).status_code == 400
    assert _create(outside, project={"key": "INC"}).json()["key"] == "INC-1"


def test_search_finds_a_new_issue_late_and_reading_at_once(outside: Outside) -> None:
    outside.sandbox.patch({"tickets": {"search_lag_ms": 5000}})
    made = _create(outside).json()
    outside.now += 4
    assert _call(outside, "GET", f"/issue/{made['key']}").status_code == 200
    assert _found(outside) == []
    assert _found(outside, reconcileIssues=[int(made["id"])]) == [made["key"]]
    outside.now += 1
    assert _found(outside) == [made["key"]]
    assert _found(outside, jql='labels = "pd-P2"') == []


def test_search_is_bounded_paged_and_sparing(outside: Outside) -> None:
    keys = [_create(outside).json()["key"] for _ in range(3)]
    outside.now += 2
    body = {"jql": "project = OPS AND labels = pd-P1 AND statusCategory != Done ORDER BY created", "maxResults": 2}
    first = _call(outside, "POST", "/search/jql", body | {"fields": ["summary"]}).json()
    assert ([one["key"] for one in first["issues"]], first["isLast"]) == ([keys[2], keys[1]], False)
    last = _call(outside, "POST", "/search/jql", body | {"nextPageToken": first["nextPageToken"]}).json()
    assert (last["issues"], last["isLast"]) == ([{"id": "10001"}], True)
    for jql in ("", "colour = red", "labels ~ pd"):
        refused = _call(outside, "POST", "/search/jql", {"jql": jql})
        assert (refused.status_code, len(refused.json()["errorMessages"])) == (400, 1)


def test_an_issue_is_edited_commented_and_done(outside: Outside) -> None:
    _create(outside)
    change = {"fields": {"summary": "Rotated"}, "update": {"labels": [{"add": "key"}, {"remove": "pd-P1"}]}}
    edited = _call(outside, "PUT", "/issue/OPS-1", change)
    assert (edited.status_code, edited.text) == (204, "")
    comment = _call(outside, "POST", "/issue/OPS-1/comment", {"body": DOCUMENT})
    assert (comment.status_code, comment.json()["body"]) == (201, DOCUMENT)
    assert _call(outside, "POST", "/issue/OPS-1/comment", {"body": "a text"}).status_code == 400
    offered = _call(outside, "GET", "/issue/OPS-1/transitions").json()["transitions"]
    done = next(one["id"] for one in offered if one["to"]["statusCategory"]["key"] == "done")
    assert _call(outside, "POST", "/issue/OPS-1/transitions", {"transition": {"id": done}}).status_code == 204
    assert _call(outside, "POST", "/issue/OPS-1/transitions", {"transition": {"id": "99"}}).status_code == 400
    fields = _call(outside, "GET", "/issue/OPS-1").json()["fields"]
    assert (fields["summary"], fields["labels"], fields["status"]["name"]) == ("Rotated", ["key"], "Done")
    assert fields["comment"]["total"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/issue", {"fields": FIELDS, "properties": ["text"]}),
        ("PUT", "/issue/OPS-1", {"update": []}),
        ("PUT", "/issue/OPS-1", {"update": {"labels": ["text"]}}),
        ("POST", "/search/jql", {"jql": "project = OPS", "maxResults": "many"}),
        ("POST", "/search/jql", {"jql": "project = OPS", "nextPageToken": "other"}),
        ("POST", "/search/jql", {"jql": "project = OPS", "reconcileIssues": None}),
        ("POST", "/issue/OPS-1/transitions", []),
    ],
)
def test_a_body_of_the_wrong_types_is_refused(outside: Outside, method: str, path: str, body: Any) -> None:
    _create(outside)
    refused = _call(outside, method, path, body)
    assert (refused.status_code, set(refused.json())) == (400, {"errorMessages", "errors"})


def test_a_property_is_new_then_changed(outside: Outside) -> None:
    _create(outside)
    path = "/issue/OPS-1/properties/responder"
    assert _call(outside, "GET", path).status_code == 404
    assert [_call(outside, "PUT", path, {"iteration": iteration}).status_code for iteration in (1, 2)] == [201, 200]
    assert _call(outside, "GET", path).json() == {"key": "responder", "value": {"iteration": 2}}
    assert _call(outside, "PUT", path, {"long": "x" * 32_768}).status_code == 400


def test_an_issue_that_the_world_declares_is_there(outside: Outside) -> None:
    outside.sandbox.patch({"tickets": {"issues": {"OPS-41": {"fields": {"labels": ["pd-P1"]}}}}})
    assert _found(outside) == ["OPS-41"]
    assert _create(outside).json()["key"] == "OPS-42"
    missing = _call(outside, "GET", "/issue/OPS-43")
    assert (missing.status_code, set(missing.json())) == (404, {"errorMessages", "errors"})


def test_credentials_and_rate(outside: Outside) -> None:
    for header in ("Bearer x", "Basic x", f"Basic {'Og=='}"):
        assert outside.http.get(f"{BASE}/issue/OPS-1", headers={"Authorization": header}).status_code == 401
    outside.sandbox.patch({"credentials": {"tickets": "another"}})
    assert _create(outside).status_code == 401
    for listed in (TOKEN, f"responder@example.com:{TOKEN}"):
        outside.sandbox.patch({"credentials": {"tickets": listed}})
        assert _create(outside, summary=f"it was {TOKEN}").status_code == 201
    assert outside.last_call()["credential"] == outside.sandbox.fingerprint(TOKEN)
    assert TOKEN not in outside.http.get("/_journal").text
    outside.sandbox.patch({"tickets": {"rate_limited": True, "retry_after": 7}})
    limited = _create(outside)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert limited.headers["X-RateLimit-Reset"] == f"{datetime.fromtimestamp(outside.now + 7, UTC):%Y-%m-%dT%H:%MZ}"
