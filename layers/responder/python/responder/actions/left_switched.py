"""What is left switched though nobody works on the incident: people hear of it."""

from aws_lambda_powertools import Logger

from responder.actions.audit import tell_switched
from responder.aws.incident_table import incident_table
from responder.aws.override_table import orphans
from responder.aws.parameters import runbook_in_force
from responder.config.settings import settings
from responder.context import open_context

logger = Logger()


def left_switched(open_ids: list[str], failed: list[str]) -> list[str]:
    """What an execution that was stopped or failed, or a giving back that did not work, has left: people hear of it."""
    stored = [incident_table().find(incident_id) for incident_id in open_ids]
    worked_on = [one.incident.id for one in stored if one and one.incident.status.is_open and not one.incident.stopped]
    integration = runbook_in_force(settings().runbook_parameter).runbook.integration
    found: list[str] = []
    try:
        for setting, incident_id in orphans(incident_table(), integration, worked_on):
            tell_switched(open_context({"incident_id": incident_id}), setting.setting_key, setting.before)
            found.append(setting.setting_key)
    except Exception:
        logger.exception("the audit could not look after what is switched")
        failed.append(integration)
    return found
