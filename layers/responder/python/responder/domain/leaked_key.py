"""A leaked key, and when its reviews and checks are due (S-91 to S-95). Pure.

It is stored for the integration, by the key's fingerprint, for ever: the same key can be saved again as another version
or be staged again, and every incident must know it.
"""

from datetime import datetime, timedelta

from pydantic import AwareDatetime

from responder.domain.model import Model

# When the access log is read. CloudTrail delivers within about 15 minutes (its user guide), so it is read again.
REVIEW_AFTER = (timedelta(0), timedelta(minutes=20), timedelta(hours=24))
# A person revokes the key in the dashboard. We check often in the first hour, then every hour, for a week.
CHECKED_OFTEN = timedelta(hours=1)
OFTEN, SELDOM = timedelta(minutes=4), timedelta(minutes=59)
CHECKED_FOR = timedelta(days=7)


class LeakedKey(Model):
    """`fingerprint`: an HMAC of the key (aws/leaked_key_table.py). `version_ids`: the secret's versions that hold it.
    `incident_ids`: those whose alert is about it. The first one gets the messages.
    `in_use_since`: when its first version was created. The access log is read from then on.
    `replaced_at`: when another key replaced it. `revoked_at`: when TwinMind first refused it.
    `unreadable_at`: when no version of it could be read any more. `ended_at`: when we stopped to check it.
    """

    fingerprint: str
    version_ids: tuple[str, ...]
    incident_ids: tuple[str, ...]
    noted_at: AwareDatetime
    in_use_since: AwareDatetime
    replaced_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    unreadable_at: AwareDatetime | None = None
    checked_at: AwareDatetime | None = None
    reviews: tuple[AwareDatetime, ...] = ()
    ended_at: AwareDatetime | None = None

    @property
    def short(self) -> str:
        """The part of the fingerprint that people see."""
        return self.fingerprint[:8]

    @property
    def incident_id(self) -> str:
        return self.incident_ids[0]

    def was_in_use(self, at: datetime) -> bool:
        return self.in_use_since <= at and (self.replaced_at is None or self.replaced_at >= at)

    def joined(self, *, incident_id: str, version_id: str | None = None) -> "LeakedKey":
        """The same key with one more incident and, if given, one more version."""
        versions = (*self.version_ids, *([version_id] if version_id else []))
        return self._with(versions, (*self.incident_ids, incident_id))

    def after(self, known: "LeakedKey") -> "LeakedKey":
        """This leak with the versions and incidents of `known` added."""
        return self._with((*known.version_ids, *self.version_ids), (*known.incident_ids, *self.incident_ids))

    def _with(self, versions: tuple[str, ...], incidents: tuple[str, ...]) -> "LeakedKey":
        once = {"version_ids": tuple(dict.fromkeys(versions)), "incident_ids": tuple(dict.fromkeys(incidents))}
        return self.model_copy(update=once)


def review_due(leak: LeakedKey, now: datetime) -> bool:
    """Whether the access log must be read now, by the times in REVIEW_AFTER."""
    done = len(leak.reviews)
    return leak.ended_at is None and done < len(REVIEW_AFTER) and now >= leak.noted_at + REVIEW_AFTER[done]


def check_due(leak: LeakedKey, now: datetime) -> bool:
    """Whether we must check now if TwinMind still accepts the key."""
    if leak.ended_at or leak.revoked_at or leak.unreadable_at:
        return False
    often = now < leak.noted_at + CHECKED_OFTEN
    return leak.checked_at is None or now >= leak.checked_at + (OFTEN if often else SELDOM)


def is_over(leak: LeakedKey, now: datetime) -> bool:
    """Whether the work is done: all reviews are made, and the key is revoked or unreadable. Or a week has passed."""
    is_settled = bool(leak.revoked_at or leak.unreadable_at) and len(leak.reviews) >= len(REVIEW_AFTER)
    return is_settled or now >= leak.noted_at + CHECKED_FOR


def due(leak: LeakedKey, now: datetime) -> bool:
    return leak.ended_at is None and (review_due(leak, now) or check_due(leak, now) or is_over(leak, now))
