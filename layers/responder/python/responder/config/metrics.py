"""The section of runbook.yaml that names our service's metrics."""

from typing import Annotated

from pydantic import Field

from responder.config.base import Section

# What PromQL calls the samples; a histogram by its name without _bucket (Prometheus, "Data model").
MetricName = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]


class MetricNames(Section):
    """Counters, histograms and gauges, by what they count. `queue`: null where the service has no queue."""

    transcriptions: MetricName
    summaries: MetricName
    api_requests: MetricName
    errors: MetricName
    cpu_seconds: MetricName
    api_latency: MetricName
    transcription_duration: MetricName
    rate_limit_remaining: MetricName
    queue: MetricName | None
    memory_bytes: MetricName
    process_start: MetricName
    service_flags_version: MetricName

    @property
    def counters(self) -> tuple[str, ...]:
        return self.transcriptions, self.summaries, self.api_requests, self.errors, self.cpu_seconds

    @property
    def histograms(self) -> tuple[str, ...]:
        return self.api_latency, self.transcription_duration

    @property
    def of_calls(self) -> frozenset[str]:
        """What counts calls: without any of these a page says nothing about them."""
        return frozenset((*self.counters[:-1], *self.histograms))

    @property
    def types(self) -> dict[str, str]:
        """The type that each metric must have, where the page declares one."""
        kinds = dict.fromkeys(self.counters, "counter") | dict.fromkeys(self.histograms, "histogram")
        return {name: kinds.get(name, "gauge") for name in self.model_dump().values() if name}


class Metrics(Section):
    names: MetricNames
