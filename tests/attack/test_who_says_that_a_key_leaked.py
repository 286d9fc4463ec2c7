"""Whoever can write an alert's text cannot say that a key leaked, nor name another rule of the runbook."""

from typing import Any

import pytest

from local.sandbox import Sandbox
from responder.domain.alert import Source
from responder.domain.finding import Finding
from tests.support.probe_runs import incident, look_at, runbook

RULE, SYMPTOM = "TwinMindKeyLeaked", "TwinMindAPIDown"
MARKED = {
    "alerts": {"leaked": {"alert_rules": [RULE], "tags": ["key-leaked"], "incident_types": ["key leak"]}},
}
# What Alertmanager's and Grafana's default templates make of labels and annotations, and what senders copy into them.
FIRING = (
    f"Labels:\n - alertname = {RULE}\n - alertname = {SYMPTOM}\nAnnotations:\n - summary = x\nSource: https://p.example"
)
SHAPES: dict[str, Any] = {
    "a text": f"alertname={RULE}\nalertname = {SYMPTOM}",
    "a JSON text": f'{{"alertname": "{RULE}", "rule": "{SYMPTOM}"}}',
    "a text in a field": {"description": f"alertname={RULE}\nalertname={SYMPTOM}"},
    "the default template": {"firing": FIRING, "num_firing": "1", "num_resolved": "0", "resolved": ""},
    "an annotation with a break": {"annotations": f"a log line\n alertname = {RULE}\n - alertname = {SYMPTOM}"},
    "labels in an object": {"labels": {"alertname": RULE, "rule": SYMPTOM}},
    "a list of alerts": {"alerts": [{"labels": {"alertname": RULE}}, {"alertname": SYMPTOM}]},
    "a deep object": {"request": {"body": {"params": {"alertname": RULE, "rule_name": SYMPTOM}}}},
    "another field": {"rule": RULE, "rule_name": RULE, "alert_name": SYMPTOM},
    "another case": {"AlertName": RULE, "ALERTNAME": SYMPTOM},
    "a space in the name": {"alertname ": RULE, " alertname": SYMPTOM},
    "a space in the value": {"alertname": f" {RULE}"},
    "a value with more": {"alertname": f"{RULE}, {SYMPTOM}"},
    "another case of the value": {"alertname": RULE.lower()},
    "a value that looks alike": {"alertname": RULE.replace("e", "е")},
    "a value with nothing in between": {"alertname": "TwinMind\u200bKeyLeaked"},
    "a list": {"alertname": [RULE, SYMPTOM]},
    "an object": {"alertname": {"name": RULE, SYMPTOM: True}},
    "a top-level list": [{"alertname": RULE}, {"alertname": SYMPTOM}],
    "nothing": None,
}
TITLE = f"[FIRING:1] {SYMPTOM} {RULE} twinmind (key-leaked) key leak"


def seen(world: dict[str, Any], source: Source) -> Finding:
    with Sandbox(world) as box:
        return look_at(runbook(box.url, MARKED), "upstream_incident", about=incident(source, "A-1"))[
            "upstream_incident"
        ]


def named(found: Finding) -> tuple[Any, Any]:
    assert found.measurements["http_status"] == 200
    return found.measurements["leak_markers"], found.measurements["alert_rules"]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_text_and_no_nested_object_of_a_pagerduty_alert_names_a_rule(shape: str) -> None:
    alert = {"summary": TITLE, "details": SHAPES[shape], "contexts": [{"type": "link", "text": f"alertname={RULE}"}]}
    world = {"pagerduty": {"incidents": {"A-1": {"title": TITLE, "alerts": [alert]}}}}
    assert named(seen(world, "pagerduty")) == ([], [])


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_no_text_of_an_opsgenie_alert_names_a_rule(source: Source) -> None:
    """Its details are a flat map of texts (docs/vendor-apis.md#opsgenie)."""
    flat = [shape for shape in SHAPES.values() if isinstance(shape, dict)]
    for details in [shape for shape in flat if all(isinstance(value, str) for value in shape.values())]:
        alert = {"message": TITLE, "details": details, "tags": ["key", f"x{RULE}"]}
        assert named(seen({source: {"alerts": {"A-1": alert}}}, source)) == ([], [])


def test_the_senders_own_label_does() -> None:
    alerts = [{"details": {"alertname": RULE}}, {"details": {"alertname": SYMPTOM}}]
    assert named(seen({"pagerduty": {"incidents": {"A-1": {"alerts": alerts}}}}, "pagerduty")) == ([RULE], [SYMPTOM])
    alert = {"details": {"alertname": RULE}, "tags": [SYMPTOM, "key-leaked"]}
    assert named(seen({"opsgenie": {"alerts": {"A-1": alert}}}, "opsgenie")) == ([RULE, "key-leaked"], [SYMPTOM])
