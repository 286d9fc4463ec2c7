"""Shares findings of the last seconds between concurrent incidents, so that the calls are made once.

An incident accepts the findings of another incident only, each once, and only if they are newer than the last action.
So no reading counts twice, and none from before an action judges it.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import datetime

from responder.aws.probe_run_table import ProbeRunTable
from responder.config.runbook import Runbook
from responder.domain.clock import now
from responder.domain.finding import Finding

# The slowest probe's limit; after that an own probe run is better.
WAIT_SECONDS = 13.0
POLL_SECONDS = 0.25


def name_of(runbook: Runbook) -> str:
    """Incidents opened with another runbook probe or judge differently, so they share nothing."""
    digest = hashlib.sha256(runbook.model_dump_json().encode()).hexdigest()[:16]
    return f"{runbook.integration}:{digest}"


def share_run(
    runs: ProbeRunTable, incident_id: str, after: datetime | None, runbook: Runbook, probe: Callable[[], list[Finding]]
) -> list[Finding]:
    """Findings that another incident just got, or those of one call of `probe`.

    `after`: only a later probe run is new to the incident; None: any run is.
    """
    young = runbook.probing.share_seconds
    if not young:
        return probe()
    name, deadline = name_of(runbook), time.monotonic() + WAIT_SECONDS
    while True:
        last = runs.last(name)
        is_news = last and last.by != incident_id and (after is None or last.began > after)
        if last and last.findings is not None and is_news and (now() - last.began).total_seconds() < young:
            return [mark_as_shared(one, last.began) for one in last.findings]
        if last is None or last.findings is not None or not last.alive or last.by == incident_id:
            if run := runs.begin(name, incident_id, last):
                findings = probe()
                runs.finish(name, run, findings)
                return findings
        elif time.monotonic() >= deadline:
            return probe()
        else:
            time.sleep(POLL_SECONDS)


def mark_as_shared(finding: Finding, began: datetime) -> Finding:
    """The finding, marked as made for another incident, with its age."""
    age = max(0, round((now() - began).total_seconds()))
    return finding.model_copy(
        update={
            "measurements": finding.measurements | {"shared_age_seconds": age},
            "summary": f"{finding.summary} (Seen {age} s ago, for another incident.)",
        }
    )
