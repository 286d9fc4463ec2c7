"""Figures by PromQL, from the Prometheus HTTP API or Amazon Managed Service for Prometheus (SigV4).

Prometheus, "HTTP API": GET /api/v1/query with `query` and `time`; Amazon Managed Service for Prometheus, "Query".
"""

import asyncio
import math
from collections.abc import Collection
from datetime import datetime
from string import Template
from urllib.parse import quote, urlencode

from responder.aws.sigv4 import signed_headers
from responder.clients.http import NoAnswer, Response
from responder.clients.responses import mapping
from responder.config.metrics import FigureName
from responder.contracts.metrics import Figures, NoFigures
from responder.contracts.probe import SHORT_TIMEOUT_SECONDS, ProbeContext, in_thread
from responder.domain.redact import redact
from responder.probes.metrics.back_end import Asked, figures

CREDENTIAL = "prometheus"  # in the vendor credentials: a bearer token


async def read(ctx: ProbeContext) -> Figures | NoFigures:
    config = ctx.runbook.endpoints.service.metrics.prometheus
    headers: dict[str, str] = {}
    if config.auth == "bearer":
        token = await ctx.credential(CREDENTIAL)
        if not token:
            why = f"the vendor credentials have no entry {CREDENTIAL}"
            return NoFigures(f"Our service's metrics could not be read: {why}.")
        headers = {"Authorization": f"Bearer {token}"}

    async def ask(names: Collection[FigureName], end: datetime, seconds: int) -> Asked:
        wanted = [name for name in names if name in queries]
        answers = await asyncio.gather(*[_ask(ctx, queries[name], end, seconds, headers) for name in wanted])
        found = dict(zip(wanted, answers, strict=True))
        values = {name: value for name, value in found.items() if isinstance(value, float)}
        whys = dict.fromkeys(f"{name}: {why}" for name, why in found.items() if isinstance(why, str))
        return Asked(values, tuple(whys))

    has_queue = ctx.runbook.endpoints.service.metrics.names.queue is not None
    queries = {name: one for name, one in config.queries.items() if one and (has_queue or "$queue" not in one)}
    return await figures(ctx, ask, queries.keys(), config.window_seconds)


async def _ask(
    ctx: ProbeContext, query: str, end: datetime, seconds: int, headers: dict[str, str]
) -> float | str | None:
    """The number; None without data; a text if the query failed."""
    metrics = ctx.runbook.endpoints.service.metrics
    names = {name: str(value) for name, value in metrics.names.model_dump().items()}
    text = Template(query).safe_substitute(names, window=f"{seconds}s")
    parameters = urlencode({"query": text, "time": f"{end.timestamp():.3f}"}, quote_via=quote)
    url, region = f"{metrics.prometheus.url}/api/v1/query?{parameters}", metrics.prometheus.region
    if metrics.prometheus.auth == "sigv4" and region:
        signed = await in_thread(lambda: signed_headers("GET", url, "aps", region))
        if isinstance(signed, str):
            return signed
        headers = signed
    return _number(await ctx.call("GET", url, headers=headers, seconds=SHORT_TIMEOUT_SECONDS))


def _number(answer: Response | NoAnswer) -> float | str | None:
    if isinstance(answer, NoAnswer):
        return answer.sentence
    body = mapping(answer.json())
    if not answer.ok or body.get("status") != "success":
        said = " ".join(redact(str(body.get("error") or body.get("message") or "")).split())[:120]
        return f"Prometheus answers {answer.said}{f' ({said})' if said else ''}"
    try:
        data = body["data"]
        series = [data["result"]] if data["resultType"] == "scalar" else [one["value"] for one in data["result"]]
        values = [float(value) for _, value in series]
    except (KeyError, TypeError, ValueError):
        return "the answer is not of the form that Prometheus documents"
    if len(values) > 1:
        return f"it gives {len(values)} series, and must give one number"
    return next((value for value in values if math.isfinite(value)), None)
