"""Who read a secret, from CloudTrail's events. Reads are grouped by reader, and our own roles are marked. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime

from responder.domain.model import Model

BATCH = "BatchGetSecretValue"
# The rare call comes first: in a busy account the other one may use up all calls that are allowed.
READS = (BATCH, "GetSecretValue")
# CloudTrail may not have the events of this last time yet ("within an average of about 5 minutes", at most 15).
DELIVERY = timedelta(minutes=15)
NAMED_IN_TEXT = 5
OURS = "ours"
NOT_USABLE = (
    "the trail cannot be used, because it shows no read of our own (not delivered yet, another account or region, or "
    "switched off)"
)
CANNOT_SHOW = (
    "It cannot show use of the key at TwinMind itself (ask TwinMind's support), copies that were made of it, calls in "
    "other regions or by trails of other accounts, nor anything older than 90 days"
)


class Read(Model):
    """One call. `role`: the ARN of the assumed role, if a role called. `refused`: AWS's error code, if it refused."""

    event_id: str
    at: AwareDatetime
    identity: str
    role: str | None = None
    source_ip: str = "?"
    user_agent: str = "?"
    version_id: str | None = None
    secrets: tuple[str, ...] = ()
    refused: str | None = None


class SecretReader(Model):
    """All calls of one identity from one address with one program. `known`: "ours", "listed" (in runbook) or None."""

    identity: str
    source_ip: str
    user_agent: str
    known: str | None = None
    refused: str | None = None
    count: int
    first: AwareDatetime
    last: AwareDatetime


class AccessLog(Model):
    """`reaches_back_to`: later than requested if the limit of calls was reached, as the newest events come first."""

    reads: tuple[Read, ...]
    reaches_back_to: AwareDatetime
    complete_until: AwareDatetime
    is_whole: bool


def read_of(event: Mapping[str, Any]) -> Read:
    """The read in an event. `event`: the JSON of `CloudTrailEvent`. A missing field is shown as `?`."""
    who = event.get("userIdentity") or {}
    asked = event.get("requestParameters") or {}
    issuer = (who.get("sessionContext") or {}).get("sessionIssuer") or {}
    several = asked.get("secretIdList") or []
    return Read(
        event_id=str(event.get("eventID")),
        at=event["eventTime"],
        identity=str(who.get("arn") or who.get("invokedBy") or who.get("principalId") or who.get("type") or "?"),
        role=issuer.get("arn"),
        source_ip=str(event.get("sourceIPAddress") or "?"),
        user_agent=str(event.get("userAgent") or "?"),
        version_id=asked.get("versionId"),
        secrets=tuple(map(str, [asked["secretId"]] if asked.get("secretId") else several)),
        refused=event.get("errorCode"),
    )


def readers(reads: Iterable[Read], *, stack: str, account: str, known: Iterable[str]) -> tuple[SecretReader, ...]:
    """The readers, unknown ones first, then by number of calls. Roles named after `stack` in `account` are ours."""
    listed = set(known)
    groups: dict[tuple[str, str, str, str], list[Read]] = {}
    for read in reads:
        groups.setdefault((read.identity, read.source_ip, read.user_agent, read.refused or ""), []).append(read)
    found = [
        SecretReader(
            identity=one[0].identity,
            source_ip=one[0].source_ip,
            user_agent=one[0].user_agent,
            known=_known(one[0], stack, account, listed),
            refused=one[0].refused,
            count=len(one),
            first=min(read.at for read in one),
            last=max(read.at for read in one),
        )
        for one in groups.values()
    ]
    return tuple(sorted(found, key=lambda reader: (reader.known is not None, -reader.count, reader.identity)))


def access_text(found: Iterable[SecretReader], access_log: AccessLog, since: datetime) -> str:
    """The text for people. It names readers as IAM does, and shows no keys.

    We read the secret ourselves all the time. So a history without a read of ours proves nothing about others.
    """
    groups = list(found)
    strangers = [reader for reader in groups if reader.known is None]
    familiar = [reader for reader in groups if reader.known is not None]
    lines = [_line(reader) for reader in strangers[:NAMED_IN_TEXT]]
    more = f"; and {len(strangers) - NAMED_IN_TEXT} more, in the timeline" if len(strangers) > NAMED_IN_TEXT else ""
    is_usable = any(reader.known == OURS for reader in groups)
    who = "no unknown reader" if is_usable else NOT_USABLE
    if strangers:
        named = f"{len(strangers)} readers that are not known: {'; '.join(lines)}{more}"
        who = named if is_usable else f"{named}. There may be more: {NOT_USABLE}"
    back = f"since {since:%Y-%m-%d %H:%M}"
    if not access_log.is_whole:
        back = f"since {access_log.reaches_back_to:%Y-%m-%d %H:%M} (not read further back: too many events)"
    ours = f"{len(familiar)}, {sum(reader.count for reader in familiar)} reads"
    until = f"{access_log.complete_until:%H:%M} UTC"
    return f"Who read the secret {back} UTC: {who}. Known readers: {ours}. Complete until {until}. {CANNOT_SHOW}."


def _line(reader: SecretReader) -> str:
    times = f"{reader.count} times, {reader.first:%m-%d %H:%M} to {reader.last:%m-%d %H:%M} UTC"
    refused = f", refused with {reader.refused}" if reader.refused else ""
    # Of an ARN, only the part that people know, such as `assumed-role/Admin/lead`.
    who = reader.identity.split(":", 5)[5] if reader.identity.count(":") >= 5 else reader.identity
    return f"{who} from {reader.source_ip} with {reader.user_agent[:40]} ({times}{refused})"


def _known(read: Read, stack: str, account: str, listed: set[str]) -> str | None:
    if read.identity in listed or (read.role and read.role in listed):
        return "listed"
    # arn:aws:iam::<account>:role/<path><name>
    parts = (read.role or "").split(":")
    is_ours = len(parts) == 6 and parts[4] == account and parts[5].rsplit("/", 1)[-1].startswith(f"{stack}-")
    return OURS if is_ours else None
