"""A leaked key after it was found: who read the secret, and whether TwinMind refuses the key by now. Pure.

S-91 to S-95. Kept by integration and version, so that another incident knows that a version leaked.
"""

from datetime import datetime, timedelta

from pydantic import AwareDatetime

from responder.domain.model import Model

# CloudTrail delivers within about 15 minutes (its user guide), so the first look is looked at again.
REVIEW_AFTER = (timedelta(0), timedelta(minutes=20), timedelta(hours=24))
# Revocation is a person's work in the dashboard: seen soon in the first hour, then hourly, and given up at the end.
CHECKED_OFTEN = timedelta(hours=1)
OFTEN, SELDOM = timedelta(minutes=4), timedelta(minutes=59)
CHECKED_FOR = timedelta(days=7)


class LeakedKey(Model):
    """`in_use_since`: when the version was made, which is where reading the trail begins.

    `replaced_at`: when another version took its place; `revoked_at`: when TwinMind was first seen to refuse the key;
    `ended_at`: nothing of it is looked at any more.
    """

    version_id: str
    incident_id: str
    noted_at: AwareDatetime
    in_use_since: AwareDatetime
    replaced_at: AwareDatetime | None = None
    replaced_by: str | None = None
    revoked_at: AwareDatetime | None = None
    unreadable_at: AwareDatetime | None = None
    checked_at: AwareDatetime | None = None
    reviews: tuple[AwareDatetime, ...] = ()
    ended_at: AwareDatetime | None = None


def review_due(leak: LeakedKey, now: datetime) -> bool:
    """Whether the trail is to be read: at once, and at each later moment of REVIEW_AFTER."""
    done = len(leak.reviews)
    return leak.ended_at is None and done < len(REVIEW_AFTER) and now >= leak.noted_at + REVIEW_AFTER[done]


def check_due(leak: LeakedKey, now: datetime) -> bool:
    """Whether TwinMind is to be asked if it still takes the key."""
    if leak.ended_at or leak.revoked_at or leak.unreadable_at:
        return False
    often = now < leak.noted_at + CHECKED_OFTEN
    return leak.checked_at is None or now >= leak.checked_at + (OFTEN if often else SELDOM)


def is_over(leak: LeakedKey, now: datetime) -> bool:
    """All looks are done and the revocation is known, or cannot be known; or a week has passed."""
    is_settled = bool(leak.revoked_at or leak.unreadable_at) and len(leak.reviews) >= len(REVIEW_AFTER)
    return is_settled or now >= leak.noted_at + CHECKED_FOR


def due(leak: LeakedKey, now: datetime) -> bool:
    return leak.ended_at is None and (review_due(leak, now) or check_due(leak, now) or is_over(leak, now))
