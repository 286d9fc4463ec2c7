"""Figures of CloudWatch metrics (GetMetricData), by the minute."""

from collections.abc import Collection
from datetime import datetime, timedelta

from responder.aws.cloudwatch import metric_values
from responder.config.metrics import FigureName
from responder.contracts.metrics import Figures, NoFigures
from responder.contracts.probe import ProbeContext, in_thread
from responder.probes.metrics.back_end import Asked, figures


async def read(ctx: ProbeContext) -> Figures | NoFigures:
    config = ctx.runbook.endpoints.service.metrics.cloudwatch

    async def ask(names: Collection[FigureName], end: datetime, seconds: int) -> Asked:
        wanted = {name: one for name, one in config.queries.items() if name in names}
        start = end - timedelta(seconds=seconds)
        found = await in_thread(lambda: metric_values({str(k): v.model_dump() for k, v in wanted.items()}, start, end))
        if isinstance(found, str):
            return Asked({}, (found,))
        # Counts are added up; for a percentile or a gauge, the highest minute counts.
        merged = {
            name: sum(found[name]) if one.statistic in ("Sum", "SampleCount") else max(found[name])
            for name, one in wanted.items()
            if found.get(name)
        }
        return Asked(merged)

    return await figures(ctx, ask, config.queries.keys(), config.window_seconds)
