"""Jira's objects: the issue as stored in the world and as shown, its transitions, its comments."""

from datetime import UTC, datetime
from typing import Any

from local.sandbox.shapes import Json

BOT: Json = {"accountId": "5b0responder", "accountType": "atlassian", "displayName": "Responder", "active": True}
CATEGORIES = {"To Do": (2, "new"), "In Progress": (4, "indeterminate"), "Done": (3, "done")}
TRANSITIONS = {"11": "To Do", "21": "In Progress", "31": "Done"}


def fresh_issue(number: int, project: str, now: float | None) -> Json:
    """What the world stores; `created_at` in Unix seconds, null if search has always known it."""
    return {
        "id": str(10_000 + number),
        "fields": {"summary": "", "issuetype": {"name": "Task"}, "project": {"key": project}, "labels": []},
        "status": "To Do",
        "properties": {},
        "comments": [],
        "created_at": now,
        "updated_at": now,
    }


def issue_object(key: str, stored: Json, site: str, dates: Json) -> Json:
    """IssueBean: {id, key, self, fields} (REST v3, "Get issue")."""
    own = {"status": status_object(stored["status"]), "reporter": BOT, "comment": comment_page(stored["comments"])}
    fields = stored["fields"] | own | dates
    return {"id": stored["id"], "key": key, "self": f"{site}/issue/{stored['id']}", "fields": fields}


def status_object(name: str) -> Json:
    number, category = CATEGORIES.get(name, CATEGORIES["In Progress"])
    return {"name": name, "statusCategory": {"id": number, "key": category, "name": name}}


def transition_page() -> Json:
    """Every status can be reached from every other, as in Jira's simplified workflow (REST v3, "Get transitions")."""
    offered = [
        {"id": number, "name": name, "to": status_object(name), "isGlobal": True, "hasScreen": False}
        for number, name in TRANSITIONS.items()
    ]
    return {"expand": "transitions", "transitions": offered}


def comment_page(comments: list[Json]) -> Json:
    return {"comments": comments, "startAt": 0, "maxResults": 5000, "total": len(comments)}


def number_of(key: str) -> int:
    """42 of OPS-42; 0 for a key that somebody declared without a number."""
    number = key.rsplit("-", 1)[-1]
    return int(number) if number.isdigit() else 0


def limit_headers(wait: int, now: float) -> dict[str, str]:
    """X-RateLimit-Reset is ISO 8601 to the minute, unlike everybody else's ("Rate limiting")."""
    reset = datetime.fromtimestamp(now + wait, UTC)
    headers = {"Retry-After": str(wait), "RateLimit-Reason": "jira-burst-based"}
    return headers | {"X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%MZ}"}


def jira_date(iso: str) -> str:
    """Jira writes the offset as +0000 where the world writes Z."""
    return iso.replace("Z", "+0000")


def chosen(issue: Json, names: Any) -> Json:
    """Enhanced search answers the id only unless `fields` asks for more (REST v3, "Search for issues using JQL")."""
    if not isinstance(names, list) or not names:
        return {"id": issue["id"]}
    everything = {"*all", "*navigable"} & set(names)
    fields = {name: value for name, value in issue["fields"].items() if everything or name in names}
    return issue | {"fields": fields}
