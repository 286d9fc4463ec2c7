"""`responder vendor-report`: the mail to TwinMind's support about an incident, with what we saw of their API."""

from datetime import datetime

import click

from responder.domain.finding import Finding
from responder.domain.incident import Incident
from responder.notifications.messages.support_bundle import support_mail
from responder_cli.incidents import one_incident
from responder_cli.output import show
from responder_cli.target import Target


@click.command("vendor-report")
@click.argument("incident_id")
@click.pass_obj
def vendor_report(target: Target, incident_id: str) -> None:
    """Print the mail to TwinMind's support: times, statuses and request ids; no key, no text of an alert."""
    found = one_incident(target, incident_id)
    incident = Incident(
        id=found["id"],
        source=found["source"],
        upstream_id=found["id"],
        started_at=datetime.fromisoformat(found["started_at"]),
        severity=found["severity"],
        scenario=found["scenario"],
    )
    mail = support_mail(incident, target.runbook(), [Finding.load(one) for one in found["findings"]])
    show(target, {"incident_id": incident_id, "mail": mail}, [mail])
