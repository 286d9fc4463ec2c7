"""The outside world when nothing is wrong; local/README.md explains every field."""

from local.sandbox.kubernetes_objects import default_objects
from local.sandbox.opsgenie_objects import fresh_alert
from local.sandbox.pagerduty_objects import fresh_incident
from local.sandbox.shapes import Json
from local.sandbox.tickets_objects import fresh_issue

CREDENTIALED = (
    "pagerduty",
    "opsgenie",
    "jsm",
    "statuspage",
    "slack",
    "tickets",
    "kubernetes",
    "teams",
    "outgoing_webhook",
)
VENDORS = ("twinmind", "twinmind_status", "service", *CREDENTIALED)

# Dictionaries in which a PATCH may use any name; null removes an entry there.
OPEN = {
    "twinmind.keys",
    "pagerduty.incidents",
    "pagerduty.users",
    "pagerduty.subscriptions",
    "opsgenie.alerts",
    "jsm.alerts",
    "statuspage.incidents",
    "statuspage.components",
    "slack.channels",
    "slack.messages",
    "slack.views",
    "slack.interactivity_headers",
    "tickets.issues",
    "outgoing_webhook.deliveries",
    "kubernetes.deployments",
    "kubernetes.secrets",
    "kubernetes.horizontalpodautoscalers",
    "kubernetes.externalsecrets",
    "kubernetes.rbac",
    "service.running",
}

# What an entry of such a dictionary may say, where that is known.
ENTRIES = {
    "twinmind.keys": ("key", "status"),
    "pagerduty.incidents": tuple(fresh_incident("", "", 0)),
    "opsgenie.alerts": tuple(fresh_alert("", "", 0)),
    "jsm.alerts": tuple(fresh_alert("", "", 0)),
    "kubernetes.deployments": ("metadata", "spec"),
    "kubernetes.secrets": ("metadata", "type", "data"),
    "kubernetes.horizontalpodautoscalers": ("metadata", "spec"),
    "kubernetes.externalsecrets": ("metadata", "spec"),
    "tickets.issues": tuple(fresh_issue(0, "", None)),
}


def default_world() -> Json:
    return {
        "twinmind": _twinmind(),
        "twinmind_status": _twinmind_status(),
        "service": _service(),
        "pagerduty": _switches()
        | {"rate_limited": False, "on_sight": True, "on_call": ["On-call engineer"]}
        | {"users": {}, "incidents": {}, "subscriptions": {}},
        "opsgenie": _alert_vendor(),
        "jsm": _alert_vendor(),
        "statuspage": _statuspage(),
        "slack": _slack(),
        "tickets": _tickets(),
        "kubernetes": _kubernetes(),
        "teams": _switches() | {"cards": []},
        "outgoing_webhook": _switches() | {"deliveries": {}},
        "credentials": dict.fromkeys(CREDENTIALED),
        "faults": {vendor: no_faults() for vendor in VENDORS},
    }


def _slack() -> Json:
    talking: Json = {"error": None, "rate_limited": False, "retry_after": 1, "channels": {}, "messages": {}}
    calling: Json = {
        "interactivity_url": None,
        "interactivity_headers": {},
        "signing_secret": None,
        "patience_seconds": 3.0,
    }
    app: Json = {"scopes": ["chat:write", "channels:history", "channels:read", "users:read"], "not_in": [], "gone": []}
    return _switches() | talking | calling | app | {"views": {}, "whispers": [], "hooked": []}


def no_faults() -> Json:
    return {"fail_next": [], "hang_seconds": 0, "drop": False, "lose_answer": None, "clock_off_seconds": 0}


def _switches() -> Json:
    return {"up": True, "status_code": None, "latency_ms": 0}


def _twinmind() -> Json:
    labels = ("primary", "standby-1", "standby-2")
    return _switches() | {
        "latency_ms": 20,
        "keys": {label: {"key": f"tm_sk_sandbox_{label}", "status": "active"} for label in labels},
        "health_needs_key": False,
        "rate_limit": {"limit": 300, "remaining": None, "exhausted": False, "headers": True, "health_counts": False},
        "transcribe_answer": "status",
        "transcription_seconds": 8.0,
        "account": {"id": "acct_sandbox", "plan": "enterprise"},
    }


def _twinmind_status() -> Json:
    return {
        "reachable": True,
        "status_code": None,
        "latency_ms": 0,
        "format": "statuspage",
        "indicator": "none",
        "description": None,
        "components": [{"name": "API"}, {"name": "Transcription"}, {"name": "Summaries"}],
        "incidents": [],
        "scheduled_maintenances": [],
    }


def _service() -> Json:
    return _switches() | {
        "latency_ms": 5,
        "client_delay_ms": 0,
        "egress": True,
        "load": {"requests_per_minute": 120, "non_critical": 0.4, "cpu": 0.3, "memory": 0.4, "queue": None},
        "errors": {"ratio": 0.0, "type": "unknown", "summary_ratio": 0.0},
        "checks": {"cache": "pass", "database": "pass"},
        "stuck_on_old_key": False,
        "restart_seconds": 0.2,
        "service_flags_poll_seconds": 0.5,
        "reads_service_flags": True,
        "running": {},
    }


def _alert_vendor() -> Json:
    return _switches() | {
        "rate_limited": False,
        "apply_delay_ms": 50,
        "processing": "ok",
        "readable": True,
        "on_call": ["on-call@example.com"],
        "on_sight": True,
        "alerts": {},
    }


def _statuspage() -> Json:
    return _switches() | {
        "throttle": False,
        "throttle_status": 420,
        "retry_after": 2,
        "requests_per_minute": 60,
        "page_id": None,
        "components": {
            "cmptranscribe": {"name": "Transcription", "status": "operational"},
            "cmpsummaries0": {"name": "Summaries", "status": "operational"},
        },
        "incidents": {},
    }


def _tickets() -> Json:
    quota = {"rate_limited": False, "retry_after": 1}
    screen = {"edit_screen": ["summary", "description", "labels", "assignee", "duedate"], "required_fields": []}
    return _switches() | quota | screen | {"project": None, "issues": {}, "search_lag_ms": 1000}


def _kubernetes() -> Json:
    return (
        _switches()
        | default_objects()
        | {
            "rollout_seconds": 2.0,
            "rollout_stuck": False,
            "external_versions": ["v1"],
            "secret_synced": True,
            "sync_seconds": 1.0,
            "sync_fails": False,
            "rbac": {},
            "metrics_server": True,
            "forbidden": [],
            "admission_webhook": {"denies": None, "side_effects": False},
            "restart_count": 0,
            "log_format": "mixed",
        }
    )
