"""Figures of a metrics back end: now, in the same hour of earlier days, before the incident, and since its start."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from responder.config.metrics import COUNTED, FigureName
from responder.contracts.metrics import Figures, NoFigures
from responder.contracts.probe import ProbeContext
from responder.domain.clock import now
from responder.probes import readings

FigureValues = Mapping[FigureName, float]
EARLIER = (timedelta(days=1), timedelta(days=2), timedelta(days=7))
_COMPARED: tuple[FigureName, ...] = ("transcriptions", "transcriptions_failed", "rate_limited", "latency_p95_seconds")
_SINCE: tuple[FigureName, ...] = ("transcriptions", "transcriptions_failed", "user_errors", "users_affected")
SHORTEST_SECONDS = 60


class Asked(NamedTuple):
    """`values`: what the queries gave; one without data is absent. `faults`: queries that failed, for people."""

    values: FigureValues
    faults: tuple[str, ...] = ()


Ask = Callable[[Collection[FigureName], datetime, int], Awaitable[Asked]]


async def figures(ctx: ProbeContext, ask: Ask, everything: Collection[FigureName], window: int) -> Figures | NoFigures:
    """`ask` gets figures for the seconds before a time. `window`: seconds of the present figures, at most since our
    last action."""
    end = now()
    acted = await ctx.last_action_at()
    if acted:
        window = max(SHORTEST_SECONDS, min(window, int((end - acted).total_seconds())))
    start = ctx.incident.started_at
    since = max(SHORTEST_SECONDS, int((end - start).total_seconds()))
    wanted = [one for one in _COMPARED if one in everything]
    present, total, before, *earlier = await asyncio.gather(
        ask(everything, end, window),
        ask([one for one in _SINCE if one in everything], end, since),
        ask(wanted, start - timedelta(seconds=window), window),
        *[ask(wanted, end - age, window) for age in EARLIER],
    )
    if "transcriptions" not in present.values:
        why = "; ".join(present.faults) or "the query for transcriptions gave no number"
        return NoFigures(f"Our service's metrics could not be read: {why}.")
    measured = _measured(ctx, present.values, everything, window)
    measured |= _named("before", [before.values]) | _named("usual", [one.values for one in earlier])
    measured |= _since(ctx, total.values, start)
    return Figures(measured, (*_comparison(measured), *(f"Of the queries, {fault}." for fault in present.faults)))


def _measured(ctx: ProbeContext, values: FigureValues, asked: Collection[FigureName], window: int) -> dict[str, Any]:
    """A count without data is 0: client libraries show a counter only after it has counted something."""
    found: dict[str, Any] = {name: round(values.get(name, 0)) for name in asked if name in COUNTED}
    errors = {"user_errors": found.get("user_errors", 0)}
    total, failed = values["transcriptions"], values.get("transcriptions_failed", 0)
    failed = readings.without_users(ctx.runbook, total, failed, errors["user_errors"])
    found |= errors | {"transcriptions_failed": round(failed), "window_seconds": float(window)}
    found["error_ratio"] = round(failed / total, 3) if total >= 1 else None
    if "api_requests" in values:
        found["requests_per_minute"] = round(values["api_requests"] * 60 / window)
    found.pop("api_requests", None)
    for name in asked:
        if name not in COUNTED and name in values:
            found[name] = round(values[name], 2)
    found["queue_exposed"] = "queue_depth" in found
    return {name: value for name, value in found.items() if value is not None}


def _named(name: str, points: list[FigureValues]) -> dict[str, float]:
    """The median of the values found, so that one odd day does not count."""
    seen = [one for one in points if one.get("transcriptions", 0) >= 1]
    if not seen:
        return {}
    found = {f"{name}_error_ratio": median(one.get("transcriptions_failed", 0) / one["transcriptions"] for one in seen)}
    for figure in ("rate_limited", "latency_p95_seconds"):
        known = [one[figure] for one in seen if figure in one]
        found |= {f"{name}_{figure}": median(known)} if known else {}
    return {key: round(value, 3) for key, value in found.items()}


def _since(ctx: ProbeContext, values: FigureValues, start: datetime) -> dict[str, Any]:
    total = values.get("transcriptions")
    if total is None:
        return {}
    failed, by_users = values.get("transcriptions_failed", 0), values.get("user_errors", 0)
    failed = readings.without_users(ctx.runbook, total, failed, by_users)
    found = readings.since(start, total, failed)
    return found | ({"users_affected": round(values["users_affected"])} if "users_affected" in values else {})


def _comparison(measured: Mapping[str, Any]) -> tuple[str, ...]:
    said = []
    for name, words in (("before", "Before the incident"), ("usual", "At this hour of earlier days")):
        if f"{name}_error_ratio" in measured:
            text = f"{words} {measured[f'{name}_error_ratio']:.1%} failed"
            limited = measured.get(f"{name}_rate_limited")
            said.append(text + (f", and {limited:.0f} were refused for the rate limit." if limited else "."))
    return tuple(said)
