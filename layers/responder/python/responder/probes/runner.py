"""One probe run: all probes at once, each with its own time limit, and always one finding each."""

import asyncio
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace

from responder.aws.secrets import SecretUnreadable
from responder.clients.http import AsyncHttp
from responder.config.runbook import Runbook
from responder.contracts.probe import Probe, ProbeContext, Readers
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident
from responder.probes import PROBES

# Gets the probe's name and the error's class and place, never its text: that can hold a body or key.
Report = Callable[[str, str], None]


async def run_probes(ctx: ProbeContext, report: Report, probes: Mapping[str, Probe] = PROBES) -> list[Finding]:
    """One finding per probe, in the registry's order; takes at most the slowest probe's limit."""
    runs = [_bounded(replace(ctx, probe=name), probe, report) for name, probe in probes.items()]
    return list(await asyncio.gather(*runs))


async def _bounded(ctx: ProbeContext, probe: Probe, report: Report) -> Finding:
    started = time.monotonic()
    try:
        finding = await asyncio.wait_for(probe.run(ctx), probe.limit)
    except TimeoutError:
        finding = ctx.saw(FindingStatus.UNKNOWN, f"This probe did not end within {probe.limit:g} s.")
        report(ctx.probe, f"did not end within {probe.limit:g} s")
    except Exception as error:  # noqa: BLE001 - a probe that breaks is a finding and a log line, never a lost round
        why = f"a secret cannot be read: {error}" if isinstance(error, SecretUnreadable) else type(error).__name__
        summary = f"This probe could not look: {why}."
        finding = ctx.saw(FindingStatus.UNKNOWN, summary, error=type(error).__name__)
        report(ctx.probe, _place(error))
    return finding.model_copy(update={"duration_ms": round((time.monotonic() - started) * 1000)})


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def run_and_wait(
    runbook: Runbook, incident: Incident, readers: Readers, report: Report, probes: Mapping[str, Probe]
) -> list[Finding]:
    """As `run_probes`, for code that is not asynchronous."""

    async def run() -> list[Finding]:
        async with AsyncHttp() as http:
            return await run_probes(ProbeContext(runbook, incident, http, readers, now()), report, probes)

    return asyncio.run(run())
