"""Metrics for alarms and the dashboard, embedded in the log (CloudWatch EMF)."""

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

from responder.config.settings import settings


def count(name: str, value: int = 1) -> None:
    """The only dimension is the stack, as in template.yaml's alarms; incident ids would make a metric each."""
    _write(name, MetricUnit.Count, value)


def measure(name: str, seconds: float) -> None:
    """A duration; CloudWatch keeps the distribution for percentiles."""
    _write(name, MetricUnit.Seconds, seconds)


def _write(name: str, unit: MetricUnit, value: float) -> None:
    dimensions = {"service": settings().stack_name}
    with single_metric(name=name, unit=unit, value=value, namespace="TwinMindResponder", default_dimensions=dimensions):
        pass
