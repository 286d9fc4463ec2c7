"""Incidents whose page and report are looked at: a long one, several at once, hostile texts, one that is over."""

from datetime import timedelta
from typing import Any

from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Scenario
from responder.domain.finding import FindingStatus
from responder.domain.incident import Incident, IncidentStatus
from responder.report.signed_link import token_for
from tests.support.approval_request import an_ask
from tests.support.inprocess import PAGE_SECRET, Cloud
from tests.support.notifications import a_finding, an_action, an_incident, context_at

SPITE = '<img src="http://127.0.0.1:1/x" onerror="document.title=1"><script>document.title=2</script>'
SIDEWAYS = "\u202egnp.exe " + "a" * 300
FINDINGS = (
    ("twinmind_account", FindingStatus.FAILED, "TwinMind refuses our current key: HTTP 401 from /v1/me in 119 ms."),
    ("service_metrics", FindingStatus.FAILED, "118 of 120 transcriptions failed within 60 s; that is 98%."),
    ("service_health", FindingStatus.DEGRADED, "Our service's /health answers in 56 ms: 1 warning check."),
    ("twinmind_rate_limit", FindingStatus.UNKNOWN, "TwinMind did not say how much of the rate limit is left."),
    ("twinmind_status_page", FindingStatus.OK, "TwinMind's status page announces no trouble."),
)


def looked_at(cloud: Cloud) -> dict[str, str]:
    """Each as HTML by its name, as the functions give it out."""
    return {
        "long": _page(cloud, _long()),
        "several": _page(cloud, _several()),
        "hostile": _page(cloud, _hostile(), words=f"Note added: {SPITE} {SIDEWAYS}"),
        "over": _page(cloud, _over()),
        "report": _report(cloud, "pd-POVER"),
        "no-link": str(cloud.page("pd-POVER", "nonsense")["body"]),
    }


def _long() -> Incident:
    """Handed over in the night before, with a question that is still open."""
    at = now() - timedelta(hours=9, minutes=12)
    question = an_ask(expires_at=now() + timedelta(minutes=40))
    return an_incident(
        "pd-PLONG", started_at=at, opened_at=at, announced_at=at + timedelta(seconds=40), told_at=now(),
        status=IncidentStatus.HANDED_OVER, human_tasks=(question,), escalated_level=4,
    )  # fmt: skip


def _several() -> Incident:
    """A storm: others are open beside it, one was merged into it, more alerts stand under it."""
    at = now() - timedelta(minutes=4)
    return an_incident(
        "pd-PSEVERAL", started_at=at, announced_at=at + timedelta(seconds=20), told_at=at + timedelta(seconds=20),
        cause=Cause.PROVIDER_OUTAGE, verdict=Cause.PROVIDER_OUTAGE.verdict,
        scenario=Scenario.ALL_TRANSCRIPTIONS_FAILING, related=tuple(f"pd-QOTHER{number:04}" for number in range(6)),
        grouped=tuple(f"pd-QGROUPED{number:04}" for number in range(40)),
    )  # fmt: skip


def _hostile() -> Incident:
    at = now() - timedelta(minutes=5)
    return an_incident(
        "pd-PHOSTILE", started_at=at, title=f"Calls fail {SPITE} {SIDEWAYS}", impact=f"{SPITE} {SIDEWAYS}",
        reasons=(SPITE, SIDEWAYS), url="javascript:alert(1)", announced_at=at, told_at=at,
    )  # fmt: skip


def _over() -> Incident:
    at = now() - timedelta(minutes=30)
    return an_incident(
        "pd-POVER", started_at=at, opened_at=at, announced_at=at + timedelta(seconds=27), told_at=at,
        mitigated_at=at + timedelta(minutes=2), resolved_at=at + timedelta(minutes=8), status=IncidentStatus.RESOLVED,
        checks_agree=True,
    )  # fmt: skip


def _page(cloud: Cloud, incident: Incident, *, words: str = "") -> str:
    ctx = context_at(incident)
    at = incident.started_at
    findings = [a_finding(*one) for one in FINDINGS]
    if words:
        findings.append(a_finding("service_logs", FindingStatus.FAILED, words))
    ctx.table.keep_findings(incident.id, str(incident.evidence_run), findings)
    for place, (name, outcome, text) in enumerate(_done(incident)):
        done = an_action(outcome, text, name).model_copy(update={"at": at + timedelta(seconds=50 + 20 * place)})
        ctx.table.keep_action(incident.id, name, done)
    ctx.record("diagnosis", "P1, key_rejected (confidence 95%).", key="diagnosis-1-1", at=at + timedelta(seconds=30))
    effect = "It helps (rotate and restart). Error ratio: before 98%, after 0%."
    ctx.record("effect", effect, key="effect", at=at + timedelta(seconds=90))
    for number in range(60 if incident.id == "pd-PLONG" else 3):
        when = at + timedelta(minutes=9 * number)
        ctx.record("note", words or f"Note added: still refused, try {number + 1}.", key=f"note-{number:03}", at=when)
    answer: dict[str, Any] = cloud.page(incident.id, token_for(incident.id, now() + timedelta(days=1), PAGE_SECRET))
    return str(answer["body"])


def _done(incident: Incident) -> list[tuple[str, str, str]]:
    if incident.status is IncidentStatus.RESOLVED:
        rotated = "Rotated to standby key 1 of 2: it passed its test and is in force."
        return [("rotate", "promoted", rotated), ("restart", "restarted", "The service has restarted.")]
    return [] if incident.cause is Cause.PROVIDER_OUTAGE else [("rotate", "no_standby_key", "No key is staged.")]


def _report(cloud: Cloud, incident_id: str) -> str:
    cloud.invoke("write_report", {"incident_id": incident_id, "execution_number": 1})
    return cloud.report(f"reports/{incident_id}.html")
