"""Checks Jira: the login, the project, its issue type, and the fields that a new issue must have."""

from urllib.parse import quote

from checks.check import Check, Result, body_of, off, ok, wrong
from responder.clients.responses import listed, mapping
from responder.context import IncidentContext
from responder.integrations.jira.client import JiraClient
from responder.integrations.jira.settings import Settings

# The fields that the channel sets (integrations/jira/channel.py), and those that Jira fills in.
SET = ("summary", "description", "project", "issuetype", "labels", "reporter")


def _with_jira(look: Check) -> Check:
    def guarded(ctx: IncidentContext) -> Result:
        vendor = ctx.runbook.vendors.of(Settings)
        given = [vendor.api_url, vendor.project_key, vendor.email]
        if not any(given):
            return off("not configured (vendors.jira)")
        if not all(given) or not ctx.credentials.of("tickets"):
            return wrong("api_url, project_key, email or the API token (vendor credentials, tickets) is missing",
                         "responder configure jira")  # fmt: skip
        return look(ctx)

    return guarded


def login(ctx: IncidentContext) -> Result:
    found = body_of(JiraClient(ctx).call("GET", "/myself"), "GET /myself", "responder configure jira")
    return found if isinstance(found, Result) else ok(str(mapping(found).get("displayName") or "accepted"))


def project(ctx: IncidentContext) -> Result:
    """https://developer.atlassian.com/cloud/jira/platform/rest/v3: createmeta, by project and issue type."""
    vendor, jira = ctx.runbook.vendors.of(Settings), JiraClient(ctx)
    there = f"/issue/createmeta/{quote(str(vendor.project_key), safe='')}/issuetypes"
    found = body_of(jira.call("GET", there), f"project {vendor.project_key}", "correct vendors.jira.project_key")
    if isinstance(found, Result):
        return found
    kinds = {str(one.get("name")): str(one.get("id")) for one in listed(mapping(found).get("issueTypes"))}
    if vendor.issue_type not in kinds:
        return wrong(f"it has no issue type {vendor.issue_type}; it has {', '.join(kinds)[:200]}",
                     "correct vendors.jira.issue_type")  # fmt: skip
    fields = body_of(
        jira.call("GET", f"{there}/{kinds[vendor.issue_type]}"), "its fields", "give the bot the right to create"
    )
    if isinstance(fields, Result):
        return fields
    needed = [
        str(one.get("name"))
        for one in listed(mapping(fields).get("fields"))
        if one.get("required") and not one.get("hasDefaultValue") and one.get("fieldId") not in SET
    ]
    if needed:
        return wrong(f"{vendor.issue_type} must have {', '.join(needed)}, which the responder does not set",
                     "make them optional, or choose another issue type")  # fmt: skip
    return ok(f"{vendor.issue_type} in {vendor.project_key} can be created")


CHECKS: dict[str, Check] = {"Jira login": _with_jira(login), "Jira project": _with_jira(project)}
