"""An incident as stored by a stack: in the local cloud, or in your AWS account."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.paths import ROOT, Home, environment
from responder.aws.incident_table import IncidentTable
from responder.config.runbook import Runbook, packaged
from responder.domain.diagnosis import Diagnosis
from responder.domain.finding import Finding

HOME = Home(ROOT / ".local")


@dataclass(frozen=True)
class Stored:
    """The input of the newest diagnosis: both probe runs, and the pinned runbook."""

    diagnosis: Diagnosis
    findings: Sequence[Finding]
    earlier: Sequence[Finding]
    runbook: Runbook


def stored(incident_id: str, stack: str | None, home: Home = HOME) -> Stored:
    """Raises LookupError, with what to do, if there is no such stack, incident or diagnosis."""
    try:
        table = IncidentTable(_table_name(stack, home))
        if table.find(incident_id) is None:
            raise LookupError(f"no incident {incident_id}; their ids are in Slack, in the ticket and in GET /incidents")
        told = [entry.data for entry in table.timeline(incident_id) if entry.kind == "diagnosis"]
        if not told:
            raise LookupError(f"{incident_id} has no diagnosis yet")
        newest = told[-1]
        known = {name: value for name, value in newest.items() if name in Diagnosis.model_fields}
        now, before = (table.findings(incident_id, newest.get(one) or "none") for one in ("evidence", "earlier"))
        return Stored(Diagnosis.load(known), now, before, table.pinned_runbook(incident_id) or packaged())
    except (ClientError, BotoCoreError) as error:
        hint = "is its name right, and do your AWS credentials reach it?" if stack else "make up"
        raise LookupError(f"the stack cannot be read ({error}): {hint}") from error


def _table_name(stack: str | None, home: Home) -> str:
    if stack:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        return next(one["OutputValue"] for one in found if one["OutputKey"] == "TableName")
    running = home.read_stack()
    if running is None:
        raise LookupError("there is no local stack: make up; or name yours: STACK=twinmind-responder")
    # Whatever the environment says, nothing of the local cloud may reach an AWS account.
    here = environment(AWS_ENDPOINT_URL=running["endpoint_url"])
    os.environ.clear()
    os.environ.update(here)
    return str(running["table_name"])
