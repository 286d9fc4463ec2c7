"""Steps about keys. Never revoke a key that the service may still use, and make none while a tested one waits. Pure."""

from responder.config.base import Mode
from responder.domain.diagnosis import Cause
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.stage_key import how_to_stage, putting_in_force, secret_name
from responder.notifications.messages.steps import Step

# Outcomes of the last attempt to rotate (responder.actions.rotate_key.records.Outcome), by which key is in force.
_NEW_IN_FORCE = ("promoted", "already_done", "kept")
_TESTED_WAITS = ("staged", "set", "passed")


def key_steps(given: NotificationContext) -> list[Step]:
    """For a rejected or a leaked key. A leaked key is revoked last, and never put back."""
    rotation = given.outcome(_action(given))
    if rotation in _NEW_IN_FORCE:
        return [*_after_rotation(given), *_clean_up(given), _spare(given)]
    if rotation == "restored":
        return [*_after_rotation(given), Step("decide", "Both keys work: revoke neither, and make no further one.")]
    spare = [] if rotation in ("busy", "needs_approval") else [_spare(given)]
    return [*_before_rotation(given, rotation), *_clean_up(given), *spare]


def _action(given: NotificationContext) -> str:
    return "contain" if given.cause is Cause.KEY_LEAKED else "rotate"


def after_a_rotation(given: NotificationContext, *, works: bool) -> list[Step]:
    """The steps after the end; none if no key was replaced. `works`: our checks saw that the service works."""
    replaced = [name for name in ("rotate", "contain") if given.outcome(name) == "promoted"]
    return [*_clean_up(given, works=works), _spare(given)] if replaced else []


def stale_steps(given: NotificationContext) -> list[Step]:
    return [*_after_rotation(given), Step("decide", "The key in force works: rotate nothing, and revoke nothing.")]


def _after_rotation(given: NotificationContext) -> list[Step]:
    """The key in force works, but the service does not use it yet."""
    if given.outcome("restart") != "restarted":
        return _restart(given)
    field = given.runbook.endpoints.service.platform.kubernetes.secret
    where = (
        f" Kubernetes reads Secret {field}." if given.runbook.endpoints.service.platform.kind == "kubernetes" else ""
    )
    secret = secret_name(given.settings.twinmind_api_key_secret)
    return [
        Step(
            "look",
            f"The service was restarted and does not work yet. See why: does it read the secret {secret}?{where}",
            given.commands.errors,
        ),
        *_restart(given, "When you know why, restart the service once more: that does no harm."),
    ]


def _restart(given: NotificationContext, text: str = "") -> list[Step]:
    text = text or "Restart the service, so that it loads the key in force."
    commands = given.commands
    if not commands.restart:
        text += " The configuration names no command for it: do it the way you deploy."
    check = "Check that the service works." if commands.health else "Check that transcriptions work again."
    return [Step("restart", text, commands.restart), Step("check", check, commands.health)]


def _before_rotation(given: NotificationContext, rotation: str | None) -> list[Step]:
    """No new key is in force yet. Where we go on by ourselves, we also restart and check."""
    settings, dashboard = given.settings, given.runbook.endpoints.dashboard_url
    if rotation == "no_standby_key":
        stage = how_to_stage(settings.stack_name, settings.twinmind_standby_keys_secret)
        if given.last[_action(given)].mode == Mode.OBSERVE:
            return [
                Step("make_key", f"Make a new key at {dashboard} and stage it.", stage),
                Step("put_in_force", "Put it in force: the command tests it first.", _put_in_force(given)),
                *_restart(given),
            ]
        text = f"Make a new key at {dashboard} and stage it. The rotation then goes on by itself at the next check."
        return [Step("make_key", text, stage), Step("wait", "Wait until we say that the service works with it.")]
    if rotation == "busy":
        return [Step("wait", "Wait: another incident rotates the key at this moment, and we go on when it has ended.")]
    if rotation == "needs_approval":
        decide = Step("decide", "Approve or decline the rotation: we have asked for it.")
        return [decide, Step("wait", "After an approval, wait until we say that the service works with the new key.")]
    if rotation == "pending_elsewhere":
        return _pending(given)
    return [
        *_obstacle(given, rotation),
        Step("put_in_force", _put_in_force_text(rotation), _put_in_force(given)),
        *_restart(given),
    ]


def _put_in_force(given: NotificationContext) -> str:
    key, standby = given.settings.twinmind_api_key_secret, given.settings.twinmind_standby_keys_secret
    return putting_in_force(key, standby, given.runbook.endpoints.twinmind)


def _put_in_force_text(rotation: str | None) -> str:
    waits = (
        "A tested key waits, so make no new one. We go on with it by ourselves; if nothing happens within 5 minutes, "
    )
    if rotation in _TESTED_WAITS:
        return f"{waits}put it in force: the command tests it first."
    return "Put a staged key in force: the command tests it first. Make a new key only if it finds none."


def _obstacle(given: NotificationContext, rotation: str | None) -> list[Step]:
    twinmind, name = given.runbook.endpoints.twinmind, secret_name(given.settings.twinmind_api_key_secret)
    if rotation == "unreachable":
        text = "The staged key could not be tested, because TwinMind did not answer. Go on when it answers with a code."
        url = f"{twinmind.base_url}{twinmind.account_path}"
        return [Step("look", text, f"curl -sS -o /dev/null -w '%{{http_code}}\\n' {url}")]
    if rotation == "lost":
        text = "Somebody else changed the secret meanwhile: see which version is current, and ask who did it."
        return [Step("look", text, f"aws secretsmanager list-secret-version-ids --secret-id {name}")]
    return []


def _pending(given: NotificationContext) -> list[Step]:
    name = secret_name(given.settings.twinmind_api_key_secret)
    versions = f"aws secretsmanager list-secret-version-ids --secret-id {name} --output text --query"
    waiting = f"V=$({versions} \"Versions[?contains(VersionStages, 'AWSPENDING')].VersionId\")"
    remove = f"aws secretsmanager update-secret-version-stage --secret-id {name} --version-stage AWSPENDING"
    return [
        Step(
            "look",
            "Somebody else's rotation of the secret is under way, or stopped half-way. Ask who did it, and let it end.",
            f"aws secretsmanager list-secret-version-ids --secret-id {name}",
        ),
        Step(
            "switch",
            "If nobody is working on it, withdraw its key. Our rotation then goes on by itself.",
            f'{waiting}; {remove} --remove-from-version-id "$V"',
        ),
        Step("wait", "Wait until we say that the service works with the new key."),
    ]


def _clean_up(given: NotificationContext, *, works: bool = False) -> list[Step]:
    dashboard, is_leak = given.runbook.endpoints.dashboard_url, given.cause is Cause.KEY_LEAKED
    when = "The service works with the new key: "
    if not is_leak:
        when = when if works else "When the service works, and not before, "
        return [Step("revoke", f"{when}revoke the old key at {dashboard}, if it is still there.")]
    if not works:
        when = "When the service works with the new key, and not before (that would cut the service off): "
    return [
        Step("revoke", f"{when}Revoke the leaked key at {dashboard}."),
        Step(
            "look",
            "Audit the access logs: who read the secret, and what was done with the key at TwinMind.",
            "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue "
            "--query 'Events[].[EventTime,Username,Resources[0].ResourceName]' --output text",
        ),
        Step(
            "decide",
            "Find and review how it got out. Is personal data concerned? A breach must be reported within 72 hours.",
        ),
    ]


def _spare(given: NotificationContext) -> Step:
    """The last step; it can wait until the morning if another staged key is left."""
    left = spares_left(given)
    text = "the rotation uses one up."
    if left:
        text = f"{left[0]} of {left[1]} spares left, so tonight is safe."
    stage = f"make stage-key STACK={given.settings.stack_name}"
    return Step("stage_spare", f"In working hours, stage a spare key: {text}", stage)


def spares_left(given: NotificationContext) -> tuple[int, int] | None:
    """How many staged keys come after the used one, and how many were staged; None if none is known to be left."""
    for action in ("rotate", "contain"):
        data = given.last[action].data if action in given.last else {}
        place, staged = data.get("place"), data.get("staged")
        if isinstance(place, int) and isinstance(staged, int) and staged > place:
            return staged - place, staged
    return None
