"""Tells people of settings that an incident changed and that are still changed, though no execution works on it."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import incident_table
from responder.aws.override_table import orphans
from responder.aws.parameters import runbook_in_force
from responder.config.settings import settings
from responder.context import IncidentContext, open_context
from responder.notify import notify_people

logger = Logger()


def left_switched(open_ids: list[str], failed: list[str]) -> list[str]:
    """Tells people, and returns the keys of these settings. A stopped or failed execution or revert left them.

    A failure is logged and goes into `failed`.
    """
    stored = [incident_table().find(incident_id) for incident_id in open_ids]
    worked_on = [one.incident.id for one in stored if one and one.incident.status.is_open and not one.incident.stopped]
    integration = runbook_in_force(settings().runbook_parameter).runbook.integration
    found: list[str] = []
    try:
        for setting, incident_id in orphans(incident_table(), integration, worked_on):
            _notify_switched(open_context({"incident_id": incident_id}), setting.setting_key, setting.before)
            found.append(setting.setting_key)
    except Exception:
        logger.exception("the audit could not read what is switched")
        failed.append(integration)
    return found


def _notify_switched(ctx: IncidentContext, setting_key: str, before: Any) -> None:
    was = "not set" if before is None else before
    text = (
        f"{setting_key} is still switched for incident {ctx.incident.id}, which nobody works on. "
        f"Before it, it was {was}: set it back by hand (docs/tasks/still-switched.md)."
    )
    key = f"left-switched-{setting_key}-{ctx.execution_number}"
    ctx.record("audit", text, key=key, setting_key=setting_key)
    notify_people(ctx, key=key, text=text)
