"""An update as plain text: notes on the pager, e-mail. Pure."""

from responder.domain.update import Link, Update, clock_time, shortened

SUBJECT_LIMIT = 96
_AS_ASCII = str.maketrans({"·": "-", "“": '"', "”": '"', "’": "'", "→": "->", "–": "-", "…": "..."})


def plain_text(update: Update, limit: int) -> str:
    """The whole update in at most `limit` characters; the reference at its end, by which it is found again, stays."""
    tail = f"\n\nref {reference(update)}"
    return shortened("\n\n".join(_parts(update)), limit - len(tail)) + tail


def reference(update: Update) -> str:
    return f"{update.incident_id}/{update.key}"


def subject(headline: str) -> str:
    """A headline as the subject of a mail, at most 100 characters of ASCII without line breaks: SNS takes no more."""
    plain = headline.translate(_AS_ASCII).encode("ascii", "replace").decode()
    return shortened("".join(sign if sign.isprintable() else " " for sign in plain), SUBJECT_LIMIT).replace("…", "...")


def _parts(update: Update) -> list[str]:
    parts = [
        update.headline,
        _section("WHAT WE KNOW", update.known),
        _section("WHAT WE DO", update.doing),
        _section(update.question.title.upper(), update.question.lines) if update.question else "",
        _section("WHAT WE NEED FROM YOU", update.need_from_people),
        "\n".join(update.commands),
        f"Next update by {clock_time(update.next_update_by)}." if update.next_update_by else "",
        "\n".join(_link(link) for link in update.links),
    ]
    return [part for part in parts if part]


def _section(title: str, sentences: tuple[str, ...]) -> str:
    return "\n".join((title, *(f"- {sentence}" for sentence in sentences))) if sentences else ""


def _link(link: Link) -> str:
    return f"{link.text}: {link.url}"
