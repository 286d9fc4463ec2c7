"""The set-up that people make by hand on AWS (secrets, a runbook override), here for the sandbox, with short waits."""

import base64
import json
import secrets
from typing import Any

from local.aws import client

# stack.json's names for the secrets, and the stack's outputs that hold their ids. All senders share one value here, so
# that it can be read under each of their names.
SECRETS = {
    "pagerduty_webhook": "WebhookSecretArn",
    "opsgenie_webhook": "WebhookSecretArn",
    "jsm_webhook": "WebhookSecretArn",
    "twinmind_api_key": "TwinMindApiKeySecretArn",
    "twinmind_standby_keys": "StandbyKeysSecretArn",
    "vendor_credentials": "VendorCredentialsSecretArn",
    "page_signing": "PageSigningSecretArn",
}
LABELS = ("primary", "standby-1", "standby-2")
ACTIONS = ("rotate", "restart", "queue", "quota", "model", "scale", "rollback", "contain")
APPROVER = "U0ONCALL"
# The service of the sample webhooks (events/webhooks/pagerduty).
SERVICE = "PSVCTM1"
SLACK_ORIGIN = {"team_id": "T0SANDBOX", "app_id": "A0SANDBOX"}
VENDORS = ("pagerduty", "opsgenie", "jsm", "slack", "statuspage", "tickets", "kubernetes", "teams")


def new_world() -> dict[str, Any]:
    """The part of the sandbox's world that is new each time: TwinMind's keys and what the vendors accept."""
    keys = {label: {"key": f"tm_sk_local_{secrets.token_hex(16)}", "status": "active"} for label in LABELS}
    return {
        "twinmind": {"keys": keys},
        "credentials": {vendor: secrets.token_hex(16) for vendor in VENDORS} | {"outgoing_webhook": _signing_key()},
        # A function's first invocation takes longer here than the 3 s that Slack waits.
        "slack": {"signing_secret": secrets.token_hex(16), "patience_seconds": 30},
    }


def _signing_key() -> str:
    """A key in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def slack_calls(url: str, headers: dict[str, str]) -> dict[str, Any]:
    """The part of Slack's world that says where it sends what people press."""
    return {"interactivity_url": f"{url}/slack/interactions", "interactivity_headers": headers}


def subscription(endpoint: str, api_id: str, headers: dict[str, str], world: dict[str, Any]) -> dict[str, Any]:
    """PagerDuty's webhook subscription: known by the public URL, delivered to this machine's address of the API."""
    return {
        "url": f"{_api_url(endpoint, api_id)}/webhooks/pagerduty",
        "deliver_to": f"{endpoint}/v1/webhooks/pagerduty",
        "headers": headers,
        "secret": world["slack"]["signing_secret"],
        "filter": {"type": "service_reference", "id": SERVICE},
    }


def subscribe(endpoint: str, topic_arn: str) -> None:
    """Adds a subscriber who needs no confirmation: a phone number, because the local cloud sends no text messages."""
    client("sns", endpoint).subscribe(TopicArn=topic_arn, Protocol="sms", Endpoint="+15550100")


def put_secrets(endpoint: str, ids: dict[str, str], world: dict[str, Any]) -> None:
    primary, *standby = (world["twinmind"]["keys"][label]["key"] for label in LABELS)
    values = {
        "pagerduty_webhook": world["slack"]["signing_secret"],
        "page_signing": secrets.token_hex(24),
        "twinmind_api_key": primary,
        "twinmind_standby_keys": json.dumps({"keys": standby}),
    }
    store = client("secretsmanager", endpoint)
    for name, value in values.items():
        store.put_secret_value(SecretId=ids[name], SecretString=value)


def put_vendor_credentials(endpoint: str, secret_id: str, world: dict[str, Any], sandbox_url: str) -> None:
    value = vendor_credentials(world, sandbox_url)
    client("secretsmanager", endpoint).put_secret_value(SecretId=secret_id, SecretString=value)


def vendor_credentials(world: dict[str, Any], sandbox_url: str) -> str:
    """The secret's text. A Teams workflow's address is in it, because that address ends with the credential."""
    sig = world["credentials"]["teams"]
    workflow = f"{sandbox_url}/teams/workflows/w1/triggers/manual/paths/invoke?sig={sig}"
    return json.dumps(world["credentials"] | {"teams": workflow})


def put_override(endpoint: str, parameter: str, sandbox_url: str) -> None:
    value = json.dumps(override(sandbox_url))
    client("ssm", endpoint).put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)


def put_api_url(endpoint: str, parameter: str, api_id: str) -> None:
    """The address under which a browser here reaches the local API, which knows its own by the host's name."""
    client("ssm", endpoint).put_parameter(
        Name=parameter, Value=_api_url(endpoint, api_id), Type="String", Overwrite=True
    )


def _api_url(endpoint: str, api_id: str) -> str:
    return f"http://{api_id}.execute-api.localhost:{endpoint.rsplit(':', 1)[-1]}/v1"


def allow_plain_http(endpoint: str, bucket: str) -> None:
    """The bucket's policy refuses calls without TLS, and the local cloud has no TLS."""
    client("s3", endpoint).delete_bucket_policy(Bucket=bucket)


def override(sandbox_url: str) -> dict[str, Any]:
    """Parts of runbook.yaml: every address is the sandbox's, and what takes minutes on AWS takes seconds."""
    return {
        "endpoints": {
            "twinmind": {"base_url": f"{sandbox_url}/twinmind"},
            "status_page_url": f"{sandbox_url}/twinmind-status",
            "service": {"base_url": f"{sandbox_url}/service", "restart_hook_path": "/restart"},
        },
        "vendors": {
            "pagerduty": {
                "api_url": f"{sandbox_url}/pagerduty",
                "from_email": "responder@example.com",
                "bot_user_id": "PRESPONDER",
            },
            "opsgenie": {"api_url": f"{sandbox_url}/opsgenie", "bot_user": "responder", "enabled": True},
            "jsm": {"api_url": f"{sandbox_url}/jsm", "bot_user": "responder", "enabled": True},
            "statuspage": {
                "api_url": f"{sandbox_url}/statuspage/v1",
                "page_id": "sandboxpage1",
                "component_ids": ["cmptranscribe"],
            },
            "slack": {"api_url": f"{sandbox_url}/slack/api", "channel": "C0INCIDENTS", **SLACK_ORIGIN},
            "jira": {
                "api_url": f"{sandbox_url}/tickets/rest/api/3",
                "project_key": "OPS",
                "email": "responder@example.com",
            },
            "outgoing_webhook": {"url": f"{sandbox_url}/outgoing-webhook/hook"},
        },
        "approvals": {"approvers": {"slack": [APPROVER]}},
        "escalation": {level: {"slack_mention": f"<!subteam^S0LEVEL{level}>"} for level in ("2", "3", "4")},
        # One drill after another must not meet the limits that protect production.
        "budgets": {action: {"per_day": 40, "cooldown_minutes": 0} for action in ACTIONS},
        "service_flags": {"reader_seconds": 8},
        "monitoring": {"recheck_seconds": 1, "poll_seconds": [[None, 2]], "close_after_seconds": 2},
    }
