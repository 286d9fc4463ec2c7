"""CloudTrail's event history: who read one secret (API reference, LookupEvents: 2 calls a second, 50 events a page)."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client, error_code
from responder.domain.secret_access import BATCH, DELIVERY, READS, AccessLog, Read, read_of

PAUSE_SECONDS = 0.55
# About 90 seconds of calls: 7500 events.
MOST_CALLS = 150
HISTORY = timedelta(days=90)


class AccessLogUnreadable(RuntimeError):
    """CloudTrail did not answer or refused; the message is the error's name."""


def read_access_log(secret_arn: str, since: datetime, until: datetime) -> AccessLog:
    """All reads of the secret from `since` to `until`, as far as the history and MOST_CALLS reach.

    The events are looked up by the call's name, because no document says that `ResourceName` finds reads of a secret.
    Each event names the secret as its caller did (`_names`). Raises AccessLogUnreadable.
    """
    names = _names(secret_arn)
    begin = max(since, until - HISTORY)
    found: dict[str, Read] = {}
    back_to, left = begin, MOST_CALLS
    for call in READS:
        oldest, whole = until, True
        for events, is_last in _pages(call, begin, until):
            left -= 1
            reads = [read_of(json.loads(event["CloudTrailEvent"])) for event in events]
            # A batch call that names no secret chose them by tag or name. It may have read ours, so it counts.
            about = [one for one in reads if set(one.secrets) & names or (call == BATCH and not one.secrets)]
            found |= {read.event_id: read for read in about}
            oldest = min([oldest, *(event["EventTime"] for event in events)])
            if left <= 0 and not is_last:
                whole = False
                break
        back_to = back_to if whole else max(back_to, oldest)
    return AccessLog(
        reads=tuple(sorted(found.values(), key=lambda read: read.at)),
        reaches_back_to=back_to,
        complete_until=until - DELIVERY,
        is_whole=back_to == begin,
    )


def _pages(call: str, begin: datetime, until: datetime) -> Iterator[tuple[list[Any], bool]]:
    """For each page: its events, and whether it is the last page."""
    pages = client("cloudtrail").get_paginator("lookup_events")
    try:
        for page in pages.paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": call}], StartTime=begin, EndTime=until
        ):
            yield page.get("Events") or [], not page.get("NextToken")
            time.sleep(PAUSE_SECONDS)
    except (ClientError, BotoCoreError) as error:
        raise AccessLogUnreadable(error_code(error) or type(error).__name__) from error


def _names(secret_arn: str) -> set[str]:
    """The forms of arn:…:secret:<name>-<6 random characters>: all of it, without the random end, the name alone."""
    if ":secret:" not in secret_arn:
        return {secret_arn}
    without_end = secret_arn.rsplit("-", 1)[0]
    return {secret_arn, without_end, without_end.split(":secret:", 1)[1]}
