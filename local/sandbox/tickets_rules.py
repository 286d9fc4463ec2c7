"""What Jira refuses in the fields of an issue, and the small part of JQL that the sandbox understands."""

import re
from collections.abc import Callable
from typing import Any

from local.sandbox.shapes import Json
from local.sandbox.tickets_objects import status_object

SETTABLE = {"project", "issuetype", "summary", "description", "labels", "priority", "assignee", "duedate", "parent"}
SUMMARY_LIMIT = 255
NOT_A_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"

Match = Callable[[str, Json], bool]

CLAUSE = re.compile(r"""^(\w+)\s*(!?=)\s*("[^"]+"|'[^']+'|[\w.-]+)$""")
READERS: dict[str, Callable[[str, Json], list[str]]] = {
    "labels": lambda _, stored: stored["fields"]["labels"],
    "project": lambda _, stored: [stored["fields"]["project"]["key"]],
    "key": lambda key, _: [key],
    "status": lambda _, stored: [stored["status"]],
    "statuscategory": lambda _, stored: [status_object(stored["status"])["statusCategory"]["name"]],
}


class BadQueryError(ValueError):
    """A JQL query that is refused, with Jira's message."""


def broken_fields(fields: Any, project: str | None, creates: bool) -> Json:
    """Field name to message, as in `errors` of Jira's ErrorCollection; empty when all is well."""
    if not isinstance(fields, dict):
        return {"fields": "is required"}
    found = {
        name: not_on_screen(name) for name in fields if name not in SETTABLE and not name.startswith("customfield_")
    }
    if creates or "project" in fields:
        key = _inner(fields.get("project"), "key")
        found |= {} if key and project in (None, key) else {"project": "valid project is required"}
    if creates and not (_inner(fields.get("issuetype"), "name") or _inner(fields.get("issuetype"), "id")):
        found["issuetype"] = "Specify an issue type"
    if creates or "summary" in fields:
        found |= _broken_summary(fields.get("summary"))
    if fields.get("description") is not None and not is_document(fields["description"]):
        found["description"] = NOT_A_DOCUMENT
    return found | broken_labels(fields.get("labels", []))


def misshapen(given: Json) -> bool:
    """Whether a part of a request's body has a type that Jira cannot read at all."""
    update = given.get("update", {})
    objects = [given.get("properties", []), update.get("labels", []) if isinstance(update, dict) else None]
    lists = all(isinstance(part, list) and all(isinstance(one, dict) for one in part) for part in objects)
    named = lists and all({"key", "value"} <= set(one) for one in objects[0])
    token, size = str(given.get("nextPageToken") or 0), given.get("maxResults", 0)
    return not (named and token.isdigit() and type(size) is int and isinstance(given.get("reconcileIssues", []), list))


def broken_labels(labels: Any) -> Json:
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return {"labels": "data was not an array"}
    spaced = [label for label in labels if re.search(r"\s", label)]
    return {"labels": f"The label '{spaced[0]}' contains spaces which is invalid."} if spaced else {}


def is_document(value: Any) -> bool:
    """The root of the Atlassian Document Format: type doc, version 1, a list of nodes."""
    right = isinstance(value, dict) and value.get("type") == "doc" and value.get("version") == 1
    return right and isinstance(value.get("content"), list)


def query(jql: Any) -> Match:
    """Clauses `field = value` and `field != value` joined by AND; ORDER BY is read over. Raises BadQueryError."""
    wanted = re.split(r"\border\s+by\b", jql if isinstance(jql, str) else "", flags=re.IGNORECASE)[0].strip()
    if not wanted:
        raise BadQueryError(
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
        )
    clauses = [_clause(part.strip()) for part in re.split(r"\s+and\s+", wanted, flags=re.IGNORECASE)]
    return lambda key, stored: all(clause(key, stored) for clause in clauses)


def _clause(text: str) -> Match:
    found = CLAUSE.match(text)
    if found is None:
        raise BadQueryError(f"Error in the JQL Query: the sandbox does not understand '{text}'.")
    name, operator, value = found.groups()
    read = READERS.get(name.lower())
    if read is None:
        raise BadQueryError(f"Field '{name}' does not exist or you do not have permission to view it.")
    wanted = value.strip("\"'").casefold()
    return lambda key, stored: (wanted in [one.casefold() for one in read(key, stored)]) == (operator == "=")


def _broken_summary(summary: Any) -> Json:
    if not isinstance(summary, str) or not summary.strip():
        return {"summary": "You must specify a summary of the issue."}
    if "\n" in summary:
        return {"summary": "The summary is invalid because it contains newline characters."}
    return {"summary": "Summary must be less than 255 characters."} if len(summary) > SUMMARY_LIMIT else {}


def not_on_screen(name: str) -> str:
    return f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."


def _inner(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
