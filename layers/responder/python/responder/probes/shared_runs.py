"""One set of calls for all incidents that look at the same moment: findings of the last seconds are shared.

Shared is only what another incident looked at, what this one has not used before, and what is younger than anything
that was done: one reading never counts as two, and nobody judges an action by what was seen before it.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from responder.aws.probe_run_table import ProbeRunTable, SharedProbeRun
from responder.config.runbook import Runbook
from responder.domain.clock import now
from responder.domain.finding import Finding

# As long as the slowest probe may take; then it is better to look oneself.
WAIT_SECONDS = 13.0
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Asker:
    """Who wants findings. `after`: only what began later is news to this incident; None: anything is."""

    incident_id: str
    after: datetime | None


def name_of(runbook: Runbook) -> str:
    """Incidents that were opened with another runbook look elsewhere or judge otherwise: they share nothing."""
    digest = hashlib.sha256(runbook.model_dump_json().encode()).hexdigest()[:16]
    return f"{runbook.integration}:{digest}"


def shared(runs: ProbeRunTable, asker: Asker, runbook: Runbook, ctx: Callable[[], list[Finding]]) -> list[Finding]:
    """Findings that another incident just made, or those of `look`, which is then called once."""
    young = runbook.probing.share_seconds
    if not young:
        return ctx()
    name, last = name_of(runbook), runs.last(name_of(runbook))
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        if last and _is_usable(last, asker, young):
            return [aged(one, last.began) for one in last.findings or ()]
        if last is None or last.findings is not None or not last.alive or last.by == asker.incident_id:
            stamp = runs.begin(name, asker.incident_id, last)
            if stamp:
                findings = ctx()
                runs.finish(name, stamp, findings)
                return findings
        elif time.monotonic() >= deadline:
            return ctx()
        else:
            time.sleep(POLL_SECONDS)
        last = runs.last(name)


def _is_usable(last: SharedProbeRun, asker: Asker, young: int) -> bool:
    if last.findings is None or last.by == asker.incident_id:
        return False
    is_news = asker.after is None or last.began > asker.after
    return is_news and (now() - last.began).total_seconds() < young


def aged(finding: Finding, began: datetime) -> Finding:
    """The finding, saying that it was made for another incident, and how long ago."""
    age = max(0, round((now() - began).total_seconds()))
    return finding.model_copy(
        update={
            "measurements": finding.measurements | {"shared_age_seconds": age},
            "summary": f"{finding.summary} (Seen {age} s ago, for another incident.)",
        }
    )
