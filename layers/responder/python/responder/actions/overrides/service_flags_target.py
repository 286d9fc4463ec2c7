"""The service flags as a target: one parameter. The service reads it, and reports the version that it applies."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from responder.actions.overrides.target import EffectCheck
from responder.aws.service_flags_parameter import ServiceFlagsParameter
from responder.clients.exposition import ACCEPT, Unreadable, read_page
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.overrides import MergeRule
from responder.domain.service_flags import NAMES, ServiceFlagsError, rewrite

LOOKS = 3
PAUSE_SECONDS = 0.7
PROBE_TIMEOUT_SECONDS = 2.0
_RULES: Mapping[str, MergeRule] = {
    "request_queue": "any",
    "reject_non_critical": "any",
    "client_rate_limit_per_minute": "lowest",
    "model": "latest",
}


class ServiceFlagsTarget:
    kind = "flag"

    def __init__(self, ctx: IncidentContext) -> None:
        self._ctx = ctx
        self._parameter = ServiceFlagsParameter(ctx.settings.service_flags_parameter)
        self.patience = timedelta(seconds=ctx.runbook.service_flags.reader_seconds)

    def read(self) -> Mapping[str, Any]:
        flags = self._parameter.read().flags
        return {name: getattr(flags, name) for name in NAMES}

    def write(self, values: Mapping[str, Any], by: str, reason: str) -> None:
        found = self._parameter.read()
        version = max(found.flags.version, found.revision) + 1
        self._parameter.write(rewrite(found.flags, values, version=version, by=by, at=now(), reason=reason))

    def rule(self, name: str) -> MergeRule:
        return _RULES[name]

    def reached(self, _: Mapping[str, Any]) -> EffectCheck:
        """Whether the service reports this version of its flags, or a later one. It polls, so we look a few times."""
        try:
            version = self._parameter.read().flags.version
        except ServiceFlagsError as error:
            return EffectCheck(False, f"The service flags cannot be read: {error}.")
        looks = [self._look(version)]
        while not looks[-1].is_seen and len(looks) < LOOKS:
            time.sleep(PAUSE_SECONDS)
            looks.append(self._look(version))
        return looks[-1]

    def _look(self, version: int) -> EffectCheck:
        service = self._ctx.runbook.endpoints.service
        if service.base_url is None:
            return EffectCheck(False, "No reader seen: the service's address is not configured.", is_missing=True)
        url, names = service.base_url + service.metrics_path, service.metrics.names
        answer = self._ctx.http.call("GET", url, headers={"Accept": ACCEPT}, timeout=PROBE_TIMEOUT_SECONDS)
        page = read_page(answer, names, time.monotonic())
        if isinstance(page, Unreadable):
            text = f"Whether the service works with its new settings is not known: of its metrics, {page.why}."
            return EffectCheck(False, text)
        metric = names.service_flags_version
        reported = [value for _, value in page.named(metric)]
        if not reported:
            text = f"No reader seen: nothing polls the service flags (the service's metrics have no `{metric}`)."
            return EffectCheck(False, text, is_missing=True)
        if min(reported) < version:
            return EffectCheck(
                False, f"The service still works with version {min(reported):.0f} of its settings, not {version}."
            )
        return EffectCheck(True, f"The service works with its new settings (version {version}).")
