"""Checks Statuspage: the page, and the components that a notice names."""

from checks.check import Check, Result, body_of, off, ok, wrong
from responder.clients.responses import listed, mapping
from responder.context import IncidentContext
from responder.integrations.statuspage.client import StatuspageClient
from responder.integrations.statuspage.settings import Settings


def _with_page(look: Check) -> Check:
    def guarded(ctx: IncidentContext) -> Result:
        if not ctx.runbook.vendors.of(Settings).page_id:
            return off("not configured (vendors.statuspage.page_id)")
        if not ctx.credentials.of("statuspage"):
            return wrong(
                "a page is set, and no API key (vendor credentials, statuspage)", "responder configure statuspage"
            )
        return look(ctx)

    return guarded


def page(ctx: IncidentContext) -> Result:
    found = body_of(StatuspageClient(ctx).call("GET", ""), "the page", "responder configure statuspage")
    return found if isinstance(found, Result) else ok(str(mapping(found).get("name") or "it can be read"))


def components(ctx: IncidentContext) -> Result:
    answer = StatuspageClient(ctx).call("GET", "/components")
    found = body_of(answer, "the page's components", "responder configure statuspage")
    if isinstance(found, Result):
        return found
    there = {one.get("id") for one in listed(found)}
    missing = [one for one in ctx.runbook.vendors.of(Settings).component_ids if one not in there]
    if missing:
        return wrong(f"the page has no {', '.join(missing)}", "correct vendors.statuspage.component_ids")
    return ok(f"{len(ctx.runbook.vendors.of(Settings).component_ids)} named, all there")


CHECKS: dict[str, Check] = {"Statuspage page": _with_page(page), "Statuspage components": _with_page(components)}
