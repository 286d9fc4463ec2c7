"""An update as plain text: notes on the pager, e-mail. Pure."""

from datetime import UTC, tzinfo

from responder.domain.update import Update, clock_time, shortened
from responder.domain.zone import in_zone

SUBJECT_LIMIT = 96
_AS_ASCII = str.maketrans({"·": "-", "“": '"', "”": '"', "’": "'", "→": "->", "–": "-", "…": "..."})


def plain_text(update: Update, limit: int, zone: tzinfo = UTC) -> str:
    """The whole update in at most `limit` characters; the reference at its end, by which it is found again, stays."""
    tail = f"\n\nref {reference(update)}"
    return shortened("\n\n".join(_parts(update, zone)), limit - len(tail)) + tail


def reference(update: Update) -> str:
    return f"{update.incident_id}/{update.key}"


def subject(headline: str) -> str:
    """A headline as the subject of a mail, at most 100 characters of ASCII without line breaks: SNS takes no more."""
    plain = headline.translate(_AS_ASCII).encode("ascii", "replace").decode()
    return shortened("".join(sign if sign.isprintable() else " " for sign in plain), SUBJECT_LIMIT).replace("…", "...")


def _parts(update: Update, zone: tzinfo) -> list[str]:
    """Commands and links stay exact; texts have their times in `zone`."""
    question = update.question
    promise = f"Next update by {clock_time(update.next_update_by)}." if update.next_update_by else ""
    texts = [
        update.headline,
        _section("WHAT WE KNOW", update.known),
        _section("WHAT WE DO", update.doing),
        _section(question.title.upper(), question.lines) if question else "",
        _section("WHAT WE NEED FROM YOU", update.need_from_people),
    ]
    local = [in_zone(text, update.at, zone) for text in (*texts, promise)]
    links = "\n".join(f"{link.text}: {link.url}" for link in update.links)
    parts = [*local[:-1], "\n".join(update.commands), local[-1], links]
    return [part for part in parts if part]


def _section(title: str, sentences: tuple[str, ...]) -> str:
    return "\n".join((title, *(f"- {sentence}" for sentence in sentences))) if sentences else ""
