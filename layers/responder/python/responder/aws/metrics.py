"""Metrics for alarms and the dashboard, written to the log (CloudWatch embedded metric format)."""

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

from responder.config.settings import settings


def count(name: str, value: int = 1) -> None:
    """Counts an event. The only dimension is the stack, as in template.yaml's alarms: ids would make many metrics."""
    _write(name, MetricUnit.Count, value)


def measure(name: str, seconds: float) -> None:
    """Records a duration. CloudWatch keeps the distribution, so percentiles can be read."""
    _write(name, MetricUnit.Seconds, seconds)


def _write(name: str, unit: MetricUnit, value: float) -> None:
    dimensions = {"service": settings().stack_name}
    with single_metric(name=name, unit=unit, value=value, namespace="TwinMindResponder", default_dimensions=dimensions):
        pass
