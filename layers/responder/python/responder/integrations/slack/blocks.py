"""An update as a Slack message: blocks, and the plain `text`. Pure."""

import re
from datetime import datetime
from typing import Any

from responder.domain.diagnosis import Cause, Severity
from responder.domain.update import Kind, Link, Update, clock_time, is_link
from responder.domain.zone import retimed
from responder.integrations.slack.buttons import alert_buttons, buttons_of, cut, escaped, mrkdwn
from responder.notifications.messages.plain import plain_text

# Slack must not fetch addresses in a message: an alert's text may contain one.
NO_PREVIEW = {"unfurl_links": False, "unfurl_media": False}
# Section text 3000 characters, 50 blocks a message (docs/vendor-apis.md#slack-limits).
SECTION_LIMIT, TEXT_LIMIT = 3000, 4000

_LIGHT = {
    Severity.P1: ":red_circle:",
    Severity.P2: ":large_orange_circle:",
    Severity.P3: ":large_yellow_circle:",
    Severity.P4: ":white_circle:",
}
_CALM = {
    Kind.MITIGATED: ":large_green_circle:",
    Kind.RESOLVED: ":white_check_mark:",
    Kind.REPORT: ":page_facing_up:",
    Kind.FOLLOW_UP: ":pushpin:",
    Kind.TASK: ":raised_hand:",
    Kind.TASK_REMINDER: ":raised_hand:",
    Kind.TASK_SETTLED: ":speech_balloon:",
}


def head_message(update: Update) -> dict[str, Any]:
    """The thread's first message: the present state in four facts."""
    head = update.head
    facts = (("Whose fault", head.fault), ("State", head.state), ("We need", head.need))
    lines = [f"{_sign(update)} *{_bold(head.what)}*", *(f"*{name}:* {escaped(text)}" for name, text in facts)]
    plain = "\n".join((update.headline, *(f"{name}: {text}" for name, text in facts)))
    return {"text": escaped(plain), "blocks": [_block("\n".join(lines), update.at), *_foot(update)]}


def message(update: Update, *, buttons: bool = False) -> dict[str, Any]:
    """`text` and `blocks` of chat.postMessage and chat.update, with its buttons if allowed."""
    return {"text": escaped(plain_text(update, TEXT_LIMIT)), "blocks": _blocks(update, buttons=buttons)}


def outdated(first_line: str, why: str) -> dict[str, Any]:
    """Replaces a message whose buttons are no longer valid."""
    text = f"~{escaped(first_line).replace('~', '∼')}~\n{escaped(why)}"
    return {"text": escaped(why), "blocks": [_block(text)]}


def _blocks(update: Update, *, buttons: bool) -> list[dict[str, Any]]:
    """The request and its buttons come first: Slack hides the end of a long message."""
    question = update.question
    texts = [_first_line(update), _section(question.title, question.lines) if question else ""]
    asking = [buttons_of(update.incident_id, question)] if question and question.by_button and buttons else []
    answering = [alert_buttons(update.incident_id, update.alert_buttons)] if update.alert_buttons and buttons else []
    more = [
        _section("What we know", update.known),
        _section("What we do", update.doing),
        _section("What we need from you", update.need_from_people),
    ]
    code = [_code(update.commands)] if update.commands else []
    blocks = [_block(text, update.at) for text in texts if text] + asking
    said = [*blocks, *(_block(text, update.at) for text in more if text), *answering]
    return [*said, *map(_block, code), *_foot(update)]


def _foot(update: Update) -> list[dict[str, Any]]:
    foot = " · ".join([*_promise(update), *_page(update), *(_link(link) for link in update.links)])
    return [{"type": "context", "elements": [mrkdwn(_cut(_dated(foot, update.at)))]}] if foot else []


def _first_line(update: Update) -> str:
    mention = f"{update.mention} " if update.mention else ""
    bold = _named(_bold(update.headline)) if update.kind is Kind.TASK_SETTLED else _bold(update.headline)
    return f"{mention}{_sign(update)} *{bold}*"


def _sign(update: Update) -> str:
    if update.cause is Cause.NO_FAULT and update.kind is Kind.ANNOUNCED:
        return ":large_green_circle:"
    return _CALM.get(update.kind) or _LIGHT.get(update.severity or Severity.P1, ":red_circle:")


def _bold(text: str) -> str:
    """Removes stars, which would end the bold text."""
    return escaped(text).replace("*", "∗")


def _named(text: str) -> str:
    """The user id becomes a mention; a reason after it stays as typed."""
    return re.sub(r"\b(by|as) slack:([UW][A-Z0-9]+)\b", r"\1 <@\2>", text, count=1)


def _section(title: str, sentences: tuple[str, ...]) -> str:
    return "\n".join((f"*{_bold(title)}*", *(f"• {escaped(sentence)}" for sentence in sentences))) if sentences else ""


def _code(commands: tuple[str, ...]) -> str:
    return "```" + escaped("\n".join(commands))[: SECTION_LIMIT - 6] + "```" if commands else ""


def _promise(update: Update) -> list[str]:
    return [f"Next update by {clock_time(update.next_update_by)}"] if update.next_update_by else []


def _page(update: Update) -> list[str]:
    return [_link(Link(text="Incident page", url=update.page))] if update.page else []


def _link(link: Link) -> str:
    if not is_link(link.url):  # it could end the link's markup, and then mention everybody
        return escaped(link.text)
    return f"<{link.url.replace('&', '&amp;')}|{escaped(link.text).replace('|', '/')}>"


def _block(text: str, at: datetime | None = None) -> dict[str, Any]:
    """`at`: the times in the text are shown in the reader's zone."""
    return {"type": "section", "text": mrkdwn(_cut(_dated(text, at) if at else text))}


def _dated(text: str, at: datetime) -> str:
    """Slack writes a date of this form in the reader's zone (docs.slack.dev, "Formatting dates")."""

    def token(found: re.Match[str], moment: datetime) -> str:
        form = f"{'{date_num} ' if found['day'] else ''}{{{'time_secs' if found['seconds'] else 'time'}}}"
        return f"<!date^{int(moment.timestamp())}^{form}|{found[0]}>"

    return retimed(text, at, token)


def _cut(text: str) -> str:
    return re.sub(r"<!date\^[^>]*…$", "…", cut(text, SECTION_LIMIT))
