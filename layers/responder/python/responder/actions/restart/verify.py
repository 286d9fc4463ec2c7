"""Whether all consumers really work again: they are healthy twice in a row, and no more calls are refused."""

import time
from typing import NamedTuple

from responder.actions.restart.consumers import of_each
from responder.clients.exposition import ACCEPT, Unreadable, read_page
from responder.clients.http import NoAnswer
from responder.config.endpoints import Service
from responder.context import IncidentContext

PROOF_SECONDS = 20.0
PAUSE_SECONDS = 1.0
PROBE_TIMEOUT_SECONDS = 2.0
GOOD_CHECKS = 2


class ServiceCheck(NamedTuple):
    """`refused`: calls that TwinMind refused since the process started, at the Unix time `process`; None if unknown."""

    is_good: bool
    saw: str
    refused: float | None = None
    process: float | None = None


def verify_restart(ctx: IncidentContext) -> dict[str, str | None]:
    """→ proven | not_proven, as `{"outcome", "text"}`, within PROOF_SECONDS. It only reads."""
    until = time.monotonic() + PROOF_SECONDS - 3 * PROBE_TIMEOUT_SECONDS
    checks = [_check(ctx)]
    while not _is_proof(checks) and time.monotonic() < until:
        time.sleep(PAUSE_SECONDS)
        checks.append(_check(ctx))
    outcome = "proven" if _is_proof(checks) else "not_proven"
    text = f"The service {'works' if outcome == 'proven' else 'does not work yet'}: {checks[-1].saw}."
    ctx.record("proof", text, key=f"proof-{ctx.execution_number}-{ctx.incident.evidence_run or 0}-{outcome}")
    return {"outcome": outcome, "text": text}


def _is_proof(checks: list[ServiceCheck]) -> bool:
    """Whether two checks in a row are good, and in neither the counter of refused calls has risen.

    Several pods may share one address, so a counter is compared only with the same process's, known by its start time.
    A counter that fell is from another pod or was reset, and proves nothing.
    """
    last = checks[-GOOD_CHECKS:]
    rises = [_rose(checks[: len(checks) - place], check) for place, check in zip((2, 1), last, strict=False)]
    return len(last) == GOOD_CHECKS and all(check.is_good for check in last) and not any(rises)


def _rose(before: list[ServiceCheck], check: ServiceCheck) -> bool:
    earlier = [one.refused for one in before if one.refused is not None and one.process == check.process]
    return bool(earlier) and check.refused is not None and check.refused > earlier[-1]


def _check(ctx: IncidentContext) -> ServiceCheck:
    service = ctx.runbook.endpoints.service
    if service.base_url is None:
        return ServiceCheck(False, "no address of the service is configured")
    for path in (service.health_path, service.twinmind_health_path):
        trouble = _trouble(ctx, service.base_url, path)
        if trouble:
            return ServiceCheck(False, trouble)
    others = [one for one in ctx.runbook.endpoints.consumers if one.health_url]
    for label, trouble in of_each(lambda one: _trouble(ctx, str(one.health_url)), others).items():
        if trouble:
            return ServiceCheck(False, f"{label}: {trouble}")
    refused, process = _refused(ctx, service)
    counted = "its metrics do not say how many calls are refused" if refused is None else f"{refused:.0f} calls refused"
    seen = [f"{service.health_path} and {service.twinmind_health_path} are good, {counted}"]
    unseen = "was restarted, and has no health_url that would show more"
    seen += [f"{one.label} {'is well' if one.health_url else unseen}" for one in ctx.runbook.endpoints.consumers]
    return ServiceCheck(True, "; ".join(seen), refused, process)


def _trouble(ctx: IncidentContext, base_url: str, path: str = "") -> str | None:
    answer = ctx.http.call("GET", base_url + path, timeout=PROBE_TIMEOUT_SECONDS)
    path = path or base_url
    if isinstance(answer, NoAnswer):
        return f"{path}: {answer.sentence}"
    body = answer.json()
    # We do not know the status code of an unhealthy service, so the body counts as well (docs/twinmind.md#health).
    is_unhealthy = isinstance(body, dict) and body.get("status") == "unhealthy"
    return None if answer.ok and not is_unhealthy else f"{path} answers {answer.status}{', unhealthy' * is_unhealthy}"


def _refused(ctx: IncidentContext, service: Service) -> tuple[float | None, float | None]:
    url, names = f"{service.base_url}{service.metrics_path}", service.metrics.names
    answer = ctx.http.call("GET", url, headers={"Accept": ACCEPT}, timeout=PROBE_TIMEOUT_SECONDS)
    page = read_page(answer, names, time.monotonic())
    if isinstance(page, Unreadable):
        return None, None
    return sum(value for labels, value in page.named(names.errors) if "AUTH_FAILED" in labels.values()), page.process
