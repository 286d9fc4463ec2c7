"""`responder vendor-report`: outage minutes by month with evidence for a claim, or the mail about one incident."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from responder.diagnosis.evidence import PAGE
from responder.domain.clock import iso, now
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident
from responder.notifications.messages.support_bundle import call_line, our_calls, support_mail
from responder_cli.incidents import all_incidents, one_incident
from responder_cli.output import show
from responder_cli.target import CannotError, TargetStack

Json = dict[str, Any]
MONTH = click.DateTime(["%Y-%m"])
CLOCK = "%Y-%m-%d %H:%M"


@click.command("vendor-report")
@click.argument("incident_id", required=False)
@click.option("--month", type=MONTH, metavar="YYYY-MM", help="Only this month (UTC); every month by default.")
@click.pass_obj
def vendor_report(target: TargetStack, incident_id: str | None, month: datetime | None) -> None:
    """Sum TwinMind's outage minutes by month, with evidence for a claim.

    An outage is an incident with a fault of theirs: from our first failed call to our first good check. Overlapping
    times count once; tests do not count. With an INCIDENT_ID: the mail about it to their support, with times, statuses
    and request ids, but no key and no text of an alert.
    """
    if incident_id:
        _mail(target, incident_id)
        return
    outages = [outage for one in _theirs(target) if (outage := _outage(one_incident(target, one["id"])))]
    months = [_month(name, outages) for name in _names(outages) if month is None or name == f"{month:%Y-%m}"]
    show(target, {"months": months}, list(_lines(months)) or ["no outage of theirs was recorded in that time"])


def _mail(target: TargetStack, incident_id: str) -> None:
    found = one_incident(target, incident_id)
    if not found["findings"]:
        raise CannotError(f"{incident_id} has no diagnosis yet, so there is nothing to report")
    incident = Incident(
        id=found["id"],
        source=found["source"],
        upstream_id=found["id"],
        started_at=datetime.fromisoformat(found["started_at"]),
        severity=found["severity"],
        scenario=found["scenario"],
    )
    mail = support_mail(incident, target.runbook(), [Finding.load(one) for one in found["findings"]])
    show(target, {"incident_id": incident_id, "mail": mail}, [mail])


@dataclass(frozen=True)
class Outage:
    """`end`: now, if it is not over. `call`: our first failed call. `entries`: what their page said, and when."""

    incident_id: str
    severity: str
    start: datetime
    end: datetime
    is_over: bool
    call: str | None
    entries: tuple[str, ...]

    def within(self, begin: datetime, end: datetime) -> tuple[datetime, datetime] | None:
        span = max(self.start, begin), min(self.end, end)
        return span if span[0] < span[1] else None


def _theirs(target: TargetStack) -> list[Json]:
    found = all_incidents(target, "open") + all_incidents(target, "resolved")
    return [one for one in found if one["verdict"] == "theirs" and not one["is_test"]]


def _outage(found: Json) -> Outage | None:
    """None if another incident stands for this one."""
    if found["merged_into"] or found["grouped_under"]:
        return None
    calls = our_calls(map(Finding.load, found["first_findings"] + found["findings"]))
    # Their status page does not count.
    call = next((one for one in calls if one.probe != PAGE and one.status is FindingStatus.FAILED), None)
    good = [one["at"] for one in found["timeline"] if one["kind"] == "mitigated"]
    end = good[-1] if good and found["status"] in ("mitigated", "resolved") else found["resolved_at"]
    return Outage(
        incident_id=found["id"],
        severity=found["severity"] or "not classified",
        start=call.at if call else datetime.fromisoformat(found["started_at"]),
        end=datetime.fromisoformat(end) if end else now(),
        is_over=bool(end),
        call=f"{call.at:%Y-%m-%d} {call_line(call)}" if call else None,
        entries=tuple(one["text"] for one in found["timeline"] if one["kind"] == "vendor_entry"),
    )


def _names(outages: Iterable[Outage]) -> list[str]:
    names: set[str] = set()
    for one in outages:
        at = _begin(f"{one.start:%Y-%m}")
        while at < one.end:
            names.add(f"{at:%Y-%m}")
            at = _next(at)
    return sorted(names)


def _begin(name: str) -> datetime:
    return datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _month(name: str, outages: Iterable[Outage]) -> Json:
    begin = _begin(name)
    parts = [(span, one) for one in outages if (span := one.within(begin, _next(begin)))]
    parts.sort(key=lambda part: part[0])
    shown = [
        {
            "incident_id": one.incident_id,
            "severity": one.severity,
            "from": iso(span[0]),
            "to": iso(span[1]),
            "minutes": _minutes([span]),
            "is_over": one.is_over,
            "first_failed_call": one.call,
            "vendor_entries": list(one.entries),
        }
        for span, one in parts
    ]
    return {"month": name, "minutes": _minutes([span for span, _ in parts]), "outages": shown}


def _minutes(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """The whole minutes that at least one of the sorted `spans` covers."""
    seconds, reached = 0.0, datetime.min.replace(tzinfo=UTC)
    for begin, end in spans:
        seconds += max(0.0, (end - max(begin, reached)).total_seconds())
        reached = max(reached, end)
    return round(seconds / 60)


def _lines(months: Iterable[Json]) -> Iterator[str]:
    for month in months:
        yield f"{month['month']}: {month['minutes']} min in {len(month['outages'])} outage(s) of TwinMind"
        for one in month["outages"]:
            begin, end = (datetime.fromisoformat(one[name]) for name in ("from", "to"))
            until = f"{end:{CLOCK}}" if one["is_over"] else "now, not over"
            yield f"  {begin:{CLOCK}} to {until} UTC, {one['minutes']} min, {one['severity']}, {one['incident_id']}"
            call = one["first_failed_call"] or "none is kept; counted from the alert"
            yield f"    our first failed call: {call}"
            yield from (
                f"    {entry}" for entry in one["vendor_entries"] or ["Their page had no entry while we looked."]
            )
