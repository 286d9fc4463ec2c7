"""The section of runbook.yaml about our service's metrics: their names, and where they are read."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from responder.config.base import ConfigSection, Url

# A name as PromQL writes it. A histogram's name is without _bucket (Prometheus, "Data model").
MetricName = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]


class MetricNames(ConfigSection):
    """The name of the metric for each thing that is measured. `queue` is null if the service has no queue."""

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
        """The metrics that count calls. A page without any of them says nothing about calls."""
        return frozenset((*self.counters[:-1], *self.histograms))

    @property
    def types(self) -> dict[str, str]:
        """The type that each metric must have, if the page declares its type."""
        kinds = dict.fromkeys(self.counters, "counter") | dict.fromkeys(self.histograms, "histogram")
        return {name: kinds.get(name, "gauge") for name in self.model_dump().values() if name}


FigureName = Literal[
    "transcriptions", "transcriptions_failed", "api_requests", "auth_failed", "rate_limited", "server_errors",
    "unanswered", "user_errors", "summaries", "summaries_failed", "users_affected",
    "latency_p95_seconds", "transcription_p95_seconds", "rate_limit_remaining", "queue_depth", "cpu_ratio",
    "memory_ratio",
]  # fmt: skip
# These figures count events in a window of time. The others are present values.
COUNTED: frozenset[FigureName] = frozenset(
    ("transcriptions", "transcriptions_failed", "api_requests", "auth_failed", "rate_limited", "server_errors",
     "unanswered", "user_errors", "summaries", "summaries_failed")
)  # fmt: skip


class Prometheus(ConfigSection):
    """`auth`: `bearer` sends the token `prometheus` of the vendor credentials. `sigv4` signs the calls, for Amazon
    Managed Service for Prometheus in `region`. A query that is null is not made.
    """

    url: Url | None
    auth: Literal["none", "bearer", "sigv4"]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] | None
    window_seconds: int = Field(ge=60, le=3600)
    queries: dict[FigureName, Annotated[str, Field(min_length=1)] | None]


class CloudWatchMetric(ConfigSection):
    namespace: str = Field(min_length=1)
    name: str = Field(min_length=1)
    dimensions: dict[str, str] = Field(default_factory=dict)
    statistic: str = Field(default="Sum", pattern=r"^(Sum|SampleCount|Average|Minimum|Maximum|p\d{1,2}(\.\d+)?)$")


class CloudWatch(ConfigSection):
    window_seconds: int = Field(ge=60, le=3600)
    queries: dict[FigureName, CloudWatchMetric]


class Metrics(ConfigSection):
    """`source` says which of the sections below is used."""

    source: Literal["scrape", "prometheus", "cloudwatch"]
    names: MetricNames
    prometheus: Prometheus
    cloudwatch: CloudWatch

    @model_validator(mode="after")
    def _complete(self) -> "Metrics":
        if self.source == "prometheus" and not (self.prometheus.url and self.prometheus.queries.get("transcriptions")):
            raise ValueError("metrics.prometheus needs url, and a query for transcriptions")
        if self.prometheus.auth == "sigv4" and not self.prometheus.region:
            raise ValueError("metrics.prometheus.auth sigv4 needs region")
        if self.source == "cloudwatch" and "transcriptions" not in self.cloudwatch.queries:
            raise ValueError("metrics.cloudwatch.queries needs transcriptions")
        return self
