"""What AWS knows about our service: log lines, CPU and memory, alarms. It only reads, and each read is bounded.

Each function returns its result, or a text for people that says why there is none.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import SHORT_TIMEOUT, client, error_code
from responder.domain.clock import now

T = TypeVar("T")
QUERY_SECONDS = 8.0
QUERY_POLL_SECONDS = 0.3
_WINDOW = timedelta(minutes=10)


def ecs_usage(cluster: str, service: str) -> dict[str, float] | str:
    """`cpu` and `memory` of the last minute, as shares of the reservation. A figure that CloudWatch lacks is absent."""
    common = {
        "namespace": "AWS/ECS",
        "dimensions": {"ClusterName": cluster, "ServiceName": service},
        "statistic": "Average",
    }
    wanted = {"cpu": common | {"name": "CPUUtilization"}, "memory": common | {"name": "MemoryUtilization"}}
    found = metric_values(wanted, now() - _WINDOW, now())
    return found if isinstance(found, str) else {name: one[0] / 100 for name, one in found.items() if one}


def metric_values(
    wanted: Mapping[str, Mapping[str, Any]], start: datetime, end: datetime
) -> dict[str, list[float]] | str:
    """By the names of `wanted`: a value for each minute that has data, the newest first.

    Each entry of `wanted` has `namespace`, `name`, `dimensions` and `statistic`.
    """
    queries = [
        {
            "Id": f"q{place}",
            "MetricStat": {
                "Metric": {
                    "Namespace": one["namespace"],
                    "MetricName": one["name"],
                    "Dimensions": [{"Name": name, "Value": value} for name, value in one["dimensions"].items()],
                },
                "Period": 60,
                "Stat": one["statistic"],
            },
        }
        for place, one in enumerate(wanted.values())
    ]

    def read() -> dict[str, list[float]]:
        answer = client("cloudwatch", SHORT_TIMEOUT).get_metric_data(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampDescending"
        )
        values = {one["Id"]: [float(value) for value in one["Values"]] for one in answer["MetricDataResults"]}
        return {name: values.get(f"q{place}", []) for place, name in enumerate(wanted)}

    return _asked(read) if queries else {}


def alarms(prefix: str) -> list[str] | str:
    """Names of the metric and composite alarms in ALARM that begin with `prefix`."""

    def read() -> list[str]:
        answer = client("cloudwatch", SHORT_TIMEOUT).describe_alarms(
            AlarmNamePrefix=prefix,
            StateValue="ALARM",
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=100,
        )
        found = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        return sorted(str(alarm["AlarmName"]) for alarm in found if alarm["StateValue"] == "ALARM")

    return _asked(read)


def last_lines(group: str, since_seconds: int, most: int) -> list[str] | str:
    """The newest `most` lines of a log group, oldest first, by Logs Insights (StartQuery, GetQueryResults)."""

    def read() -> list[str] | str:
        logs, end = client("logs", SHORT_TIMEOUT), now()
        query = logs.start_query(
            logGroupName=group,
            startTime=int((end - timedelta(seconds=since_seconds)).timestamp()),
            endTime=int(end.timestamp()),
            queryString=f"fields @message | sort @timestamp desc | limit {most}",
        )["queryId"]
        deadline = time.monotonic() + QUERY_SECONDS
        while time.monotonic() < deadline:
            answer = logs.get_query_results(queryId=query)
            if answer["status"] == "Complete":
                fields = [field for row in answer["results"] for field in row]
                return [str(field["value"]) for field in reversed(fields) if field.get("field") == "@message"]
            if answer["status"] not in ("Scheduled", "Running"):
                return f"the query of log group {group} ended as {answer['status']}"
            time.sleep(QUERY_POLL_SECONDS)
        return f"the query of log group {group} did not end within {QUERY_SECONDS:g} s"

    return _asked(read)


def _asked(read: Callable[[], T]) -> T | str:
    try:
        return read()
    except ClientError as error:
        return f"AWS answers {error_code(error)}"
    except BotoCoreError as error:
        return f"AWS gives no answer ({type(error).__name__})"
