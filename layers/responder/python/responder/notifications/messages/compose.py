"""What people are told while an incident is open. Pure."""

from responder.diagnosis.quota import Quota
from responder.domain.diagnosis import Cause, Verdict
from responder.domain.incident import IncidentStatus
from responder.domain.redact import redact
from responder.domain.update import Kind, Update
from responder.notifications.messages.drafts import higher_limit
from responder.notifications.messages.guidance import Guidance, guidance
from responder.notifications.messages.parts import (
    duration,
    evidence,
    fingerprint,
    known,
    mention,
    reopened,
    severity_of,
    standing,
    symptom_of,
    tried,
    update_of,
)
from responder.notifications.messages.situation import NotificationContext
from responder.notifications.messages.support_bundle import bundle, support_mail
from responder.notifications.messages.switched import back_by_hand, switched_lines
from responder.notifications.messages.wording import FAULT, doing, headline, step
from responder.workflow import deadlines
from responder.workflow.escalation import severity_of as severity_of_clock

# Verdicts of which TwinMind's support hears, with what we saw (S-100, S-101).
ASKS_SUPPORT = (Verdict.THEIRS, Verdict.QUOTA)


def opened(situation: NotificationContext, generation: int) -> Update:
    """A word to whoever reads the alert first: somebody is on it, and where to watch."""
    begun = "started" if generation == 1 else f"goes on in execution {generation}"
    return update_of(
        situation,
        Kind.OPENED,
        f"opened-{generation}",
        headline(f"The automatic response {begun}", "the checks of the runbook are running"),
        doing=("We check TwinMind, our key, our service and the status page, and write here what we find.",),
    )


def announced(situation: NotificationContext) -> Update:
    """The first word about a diagnosis, and the next one when the diagnosis changes."""
    incident, cause, mode = situation.incident, situation.cause, situation.mode
    people_answer = step(cause, mode) == "you are needed"
    help_text = _help(situation) if people_answer else Guidance((), _drafts(situation))
    return update_of(
        situation,
        Kind.ANNOUNCED,
        f"announced-{evidence(situation)}",
        headline(severity_of(situation), reopened(incident), symptom_of(situation), FAULT[cause], step(cause, mode)),
        known=known(situation),
        doing=doing(cause, mode),
        need_from_people=help_text.need or _need_while_we_work(situation),
        commands=help_text.commands,
        next_update_by=situation.next_update_by,
        mention=mention(situation, incident.escalated_level) if people_answer else None,
    )


def handed_over(situation: NotificationContext) -> Update:
    """People have it: what we tried, and exactly what is left to them."""
    help_text, done = _help(situation), tried(situation.actions)
    return update_of(
        situation,
        Kind.HANDOVER,
        # What was tried since is a reason to hand over anew; the same again is not.
        f"handover-{evidence(situation)}-{fingerprint(done)}",
        headline(severity_of(situation), symptom_of(situation), FAULT[situation.cause], "yours now"),
        known=(*known(situation), *done),
        doing=(_nothing_more(situation), *switched_lines(situation.holds)),
        need_from_people=help_text.need,
        commands=help_text.commands,
        next_update_by=situation.next_update_by,
        mention=mention(situation, situation.incident.escalated_level),
    )


def escalated(situation: NotificationContext, level: int) -> Update:
    """The clock ran out: no person has acknowledged. `key` starts anew after an acknowledgement was taken back."""
    incident, rung = situation.incident, situation.runbook.escalation[level]
    minutes = duration(incident.started_at, situation.now)
    again = incident.acknowledgement.at if incident.acknowledgement and not incident.acknowledgement.value else None
    suffix = f"-{int(again.timestamp())}" if again else ""
    left = _left_to_people(situation)
    return update_of(
        situation,
        Kind.ESCALATION,
        f"escalation-{level}{suffix}",
        headline(
            severity_of(situation),
            f"Level {level}: {rung.who}",
            f"nobody has acknowledged for {minutes}",
            symptom_of(situation),
            FAULT[situation.cause],
        ),
        known=(*known(situation), *tried(situation.actions)),
        doing=_doing_now(situation),
        need_from_people=(f"{rung.who}: acknowledge the alert, or name who has it.", *left.need),
        commands=left.commands,
        next_update_by=situation.next_update_by,
        mention=mention(situation, level),
        level=level,
    )


def in_progress(situation: NotificationContext) -> Update:
    """The promise "next update by", kept; `told_at` names the promise that this one answers."""
    incident = situation.incident
    promise = int(incident.told_at.timestamp()) if incident.told_at else 0
    open_for = duration(incident.started_at, situation.now)
    return update_of(
        situation,
        Kind.PROGRESS,
        f"progress-{promise}",
        headline(severity_of(situation), symptom_of(situation), FAULT[situation.cause], f"still open after {open_for}"),
        known=(*known(situation), *tried(situation.actions)),
        doing=_doing_now(situation),
        need_from_people=_left_to_people(situation).need,
        next_update_by=situation.next_update_by,
    )


def heard_upstream(situation: NotificationContext) -> Update:
    """What people did upstream, and how things stand: the head of the thread shows it too. The promise stays."""
    incident = situation.incident
    told_at = incident.told_at or situation.now
    return update_of(
        situation,
        Kind.HEARD,
        f"heard-{fingerprint(tuple(one.key for one in incident.pending_upstream_activity))}",
        headline(severity_of(situation), symptom_of(situation), FAULT[situation.cause], standing(incident)),
        known=(
            *(redact(one.text) for one in incident.pending_upstream_activity),
            *known(situation),
            *tried(situation.actions),
        ),
        doing=_doing_now(situation),
        need_from_people=_left_to_people(situation).need,
        next_update_by=deadlines.promised_by(situation.runbook, severity_of_clock(incident), told_at),
    )


def _need_while_we_work(situation: NotificationContext) -> tuple[str, ...]:
    if situation.cause.verdict in (Verdict.THEIRS, Verdict.NONE):
        return guidance(situation.cause, situation.runbook, situation.places).need
    if situation.cause is Cause.RATE_LIMITED:
        return (
            *_acknowledge(situation),
            "If this is your usual load, ask for a higher limit: a mail is drafted below.",
        )
    return _acknowledge(situation)


def _acknowledge(situation: NotificationContext) -> tuple[str, ...]:
    if situation.incident.acknowledged_at:
        return ()
    return ("Acknowledge the alert, so that we stop calling further people; nothing else for now.",)


def _doing_now(situation: NotificationContext) -> tuple[str, ...]:
    """After the first answer was tried, repeating what it was to be would be wrong."""
    if situation.incident.status is IncidentStatus.HANDED_OVER:
        return (f"People have it. {_nothing_more(situation)}", *switched_lines(situation.holds))
    if situation.incident.status is IncidentStatus.MITIGATED:
        return ("It has recovered; we watch that it stays so.", *switched_lines(situation.holds))
    return (*doing(situation.cause, situation.mode), *switched_lines(situation.holds))


def _nothing_more(situation: NotificationContext) -> str:
    """What people are still asked for is done when they say so, or have done their part (a staged key)."""
    is_asking = any(ask.is_open(situation.now) for ask in situation.incident.asks)
    but = " but what you are asked for" if is_asking else ""
    return f"We change nothing more{but}; we keep watching, and say so when it recovers."


def _left_to_people(situation: NotificationContext) -> Guidance:
    if situation.incident.status is not IncidentStatus.HANDED_OVER:
        return Guidance(())
    return _help(situation)


def _help(situation: NotificationContext) -> Guidance:
    """What people must do, with the mail that they may send and the way back from what is switched."""
    found = guidance(situation.cause, situation.runbook, situation.places)
    back = back_by_hand(situation.holds, situation.places.levers_parameter)
    return Guidance(found.need, (*found.commands, *_drafts(situation), *back))


def _drafts(situation: NotificationContext) -> tuple[str, ...]:
    if situation.cause.verdict is Verdict.THEIRS:
        return (support_mail(situation.incident, situation.runbook, situation.evidence),)
    if situation.cause is not Cause.RATE_LIMITED:
        return ()
    quota, is_protected = situation.quota or Quota(), bool(situation.holds.things)
    seen = bundle(situation.evidence)
    calls = "\n".join(("What we saw of your API:", *(f"- {line}" for line in seen))) if seen else ""
    mail = higher_limit(situation.incident, situation.runbook, quota, is_protected=is_protected)
    return (f"{mail}\n{calls}".rstrip(),)
