"""What people must do, per cause: the runbook's resolution steps as sentences and commands that print no key. Pure."""

from dataclasses import dataclass

from responder.config.runbook import Runbook
from responder.domain.diagnosis import Cause
from responder.notifications.messages.stage_key import adding_command

_LOGS = "kubectl logs -l app=twinmind-service --tail=200 | grep -i error"
_CONSUMERS = (
    "kubectl logs -l app=twinmind-service --tail=1000 | grep -i transcribe | awk '{print $4}' "
    "| sort | uniq -c | sort -rn | head -20"
)
_HISTORY = "kubectl rollout history deployment/twinmind-service"
_RESTART = "kubectl rollout restart deployment/twinmind-service"


@dataclass(frozen=True)
class ResourceNames:
    """Where the keys live, and the service flags: ids and names, never values."""

    key_secret: str
    standby_secret: str
    service_flags_parameter: str = ""


@dataclass(frozen=True)
class Guidance:
    need: tuple[str, ...]
    commands: tuple[str, ...] = ()


def guidance(cause: Cause, runbook: Runbook, resources: ResourceNames) -> Guidance:
    """The steps that only people can take (runbook S-34 to S-48, S-56 to S-80, S-88 to S-95)."""
    if cause in (Cause.KEY_REJECTED, Cause.KEY_LEAKED):
        return _new_key(cause, runbook, resources)
    return _STEPS.get(cause, _unknown)(runbook)


def _new_key(cause: Cause, runbook: Runbook, resources: ResourceNames) -> Guidance:
    dashboard = runbook.endpoints.dashboard_url
    leaked = (
        f"Revoke the leaked key at {dashboard} at once.",
        "Audit the access logs for what was done with it, and review how it got out.",
        "Decide whether personal data is concerned: a breach has to be told within 72 hours.",
    )
    need = (
        f"Make a new API key at {dashboard}.",
        *_in_force(runbook, resources),
        "Restart the service, which reads the key only when it starts.",
        f"Then stage a spare in {resources.standby_secret}, so that the next rotation needs nobody.",
    )
    in_force, spare = _store(resources.key_secret), adding_command(resources.standby_secret)
    commands = (
        *([] if runbook.endpoints.twinmind.key_json_field else [f"# put the new key in force\n{in_force}"]),
        f"# restart the service\n{_RESTART}",
        f"# stage a spare\n{spare}",
    )
    return Guidance((*leaked, *need) if cause is Cause.KEY_LEAKED else need, commands)


def _in_force(runbook: Runbook, resources: ResourceNames) -> tuple[str, ...]:
    field = runbook.endpoints.twinmind.key_json_field
    if field:
        return (f"Set the field `{field}` of the secret {resources.key_secret} to it (other fields stay as they are).",)
    return (f"Put it in force in the secret {resources.key_secret} (first command; it asks for the key unseen).",)


def _store(secret_id: str) -> str:
    """Keeps the key out of the shell's history, the process list and the screen."""
    return (
        f"read -rs KEY && printf '%s' \"$KEY\" | aws secretsmanager put-secret-value "
        f"--secret-id {secret_id} --secret-string file:///dev/stdin; unset KEY"
    )


def _stale(_: Runbook) -> Guidance:
    return Guidance(
        (
            "Restart the service, so that it loads the key that is in force now.",
            "Nothing has to be rotated: the current key works.",
        ),
        (_RESTART,),
    )


def _provider(runbook: Runbook) -> Guidance:
    contacts, page = runbook.contacts, runbook.endpoints.status_page_url
    return Guidance(
        (
            f"Follow {page}; nothing of ours has to change.",
            f"If TwinMind does not know yet, write to {contacts.enterprise_email} (or {contacts.support_email}).",
            f"Others may know more: {contacts.community_url}. Their help: {contacts.support_url}.",
        )
    )


def _quota(runbook: Runbook) -> Guidance:
    contacts = runbook.contacts
    return Guidance(
        (
            "See that the request queue is on, what is not critical is rejected, and the client's own limit is lower.",
            f"Ask {contacts.enterprise_email} for a higher rate limit; a mail is drafted below.",
            "Find the heaviest consumers. What lasts: a higher tier, load spread over several keys, caching, batches.",
        ),
        (_CONSUMERS,),
    )


def _network(runbook: Runbook) -> Guidance:
    twinmind = runbook.endpoints.twinmind
    host = twinmind.base_url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    return Guidance(
        ("Check name resolution, firewall rules and the way out, from where the service runs; give both answers on.",),
        (
            f"dig +short {host}",
            f"curl -sS -o /dev/null -w '%{{http_code}}\\n' {twinmind.base_url}{twinmind.health_path}",
        ),
    )


def _overloaded(_: Runbook) -> Guidance:
    return Guidance(
        (
            "Raise the floor of the autoscaler (scaling by hand is undone by it), or limit and queue requests.",
            "See which resource is short.",
        ),
        ("kubectl top pods -l app=twinmind-service", "kubectl get hpa twinmind-hpa"),
    )


def _service(_: Runbook) -> Guidance:
    return Guidance(
        ("Look at the latest deployment; if it came shortly before the alert, roll it back.", "Read the errors."),
        (_HISTORY, "kubectl rollout undo deployment/twinmind-service", _LOGS),
    )


def _nothing(_: Runbook) -> Guidance:
    return Guidance(("Resolve the alert upstream if you agree, or say there what we cannot see.",))


def _unknown(runbook: Runbook) -> Guidance:
    return Guidance(
        (
            "Look yourself: the findings contradict each other or are missing, so nothing was changed.",
            f"Check {runbook.endpoints.status_page_url}, recent deployments and the service's errors.",
            f"How to run the response: {runbook.contacts.response_guide_url}.",
        ),
        (_LOGS, _HISTORY),
    )


_STEPS = {
    Cause.KEY_STALE: _stale,
    Cause.PROVIDER_OUTAGE: _provider,
    Cause.PROVIDER_SLOW: _provider,
    Cause.RATE_LIMITED: _quota,
    Cause.NETWORK_FAILURE: _network,
    Cause.SERVICE_OVERLOADED: _overloaded,
    Cause.SERVICE_FAULT: _service,
    Cause.NO_FAULT: _nothing,
}
