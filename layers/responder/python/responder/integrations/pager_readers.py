"""How probes read the pagers: one entry per source."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from responder.clients.http import NoAnswer, Response
from responder.contracts.probe import ProbeContext
from responder.domain.alert import Source
from responder.integrations.opsgenie import probe as opsgenie_probe
from responder.integrations.pagerduty import probe as pagerduty_probe
from responder.integrations.upstream_reading import OnCall, Upstream


@dataclass(frozen=True)
class PagerReader:
    """How probes read a pager: the incident, and who is on call; None where it cannot tell."""

    incident: Callable[[ProbeContext], Awaitable[Upstream | Response | NoAnswer | None]]
    on_call: Callable[[ProbeContext], Awaitable[OnCall | None]] | None = None


READERS: Mapping[Source, PagerReader] = {
    "pagerduty": PagerReader(pagerduty_probe.read, pagerduty_probe.on_call),
    "opsgenie": PagerReader(opsgenie_probe.read, opsgenie_probe.on_call),
    "jsm": PagerReader(opsgenie_probe.read),
}
