"""What the first look announced and later looks do not bear out is taken back, through the real state machine."""

from typing import Any

import pytest

from tests.support import deliveries
from tests.support.inprocess import Cloud, running_cloud
from tests.workflow.histories import INCIDENT, OUTAGE, UPSTREAM, trigger

# One endpoint goes on refusing our probes; our own traffic is well.
ONLY_PROBES = {
    "twinmind": {"status_code": None},
    "twinmind_status": {"indicator": "none"},
    "faults": {"twinmind": {"fail_next": [{"status": 401, "times": 9999, "path": "/v1/me"}]}},
}


def entry(cloud: Cloud) -> dict[str, Any] | None:
    found = list(cloud.sandbox.world["statuspage"]["incidents"].values())
    return found[0] if found else None


def texts(cloud: Cloud) -> str:
    return " ".join(str(one) for one in cloud.incident(INCIDENT)["timeline"])


def test_an_outage_that_later_looks_do_not_bear_out_is_taken_back_everywhere() -> None:
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, OUTAGE) as cloud:
        execution = trigger(cloud)
        cloud.wait_until(lambda: entry(cloud) is not None)
        assert cloud.incident(INCIDENT)["cause"] == "provider_outage"
        cloud.sandbox.patch(ONLY_PROBES)
        cloud.wait_until(lambda: cloud.incident(INCIDENT)["cause"] == "unknown")
        cloud.wait_until(lambda: (entry(cloud) or {}).get("status") == "resolved")
        incident = cloud.incident(INCIDENT)
        assert incident["reasons"][0].startswith("Taken back: “TwinMind is down (their fault)”")
        assert "our own calls to TwinMind succeed" in incident["reasons"][0]
        newest = (entry(cloud) or {})["incident_updates"]
        assert any("We take this notice back" in str(one.get("body")) for one in newest)
        assert [one for one in incident["human_tasks"] if one["decision"] is None] == []
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))
        cloud.wait_for(execution, seconds=120)
