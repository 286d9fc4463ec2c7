"""Tests regularly whether the staged keys still work, so that people hear of a bad one before it is needed."""

from typing import Literal, NamedTuple

from pydantic import AwareDatetime

from responder.aws.incident_table import IncidentTable
from responder.aws.leaked_key_table import LeakedKeyTable
from responder.aws.secrets import api_key, read_secret, standby_keys
from responder.aws.sns import notify
from responder.clients.http import Http
from responder.config.runbook import Runbook
from responder.config.settings import Settings
from responder.domain.clock import now
from responder.domain.model import Model
from responder.domain.secret_shape import list_flaw
from responder.integrations.twinmind.key_check import check_key
from responder.notifications.messages.stage_key import how_to_stage

KeyState = Literal["works", "refused", "leaked", "in_use", "unknown"]
_WORDS = {
    "works": "works",
    "refused": "is refused by TwinMind (401): take it off the list",
    "leaked": "is known to have leaked and is never used: take it off the list",
    "in_use": "is the current key already: take it off the list",
    "unknown": "could not be tested",
}


class Tested(NamedTuple):
    """One staged key. `place`: in the list, from 1. `fingerprint`: 8 hex digits."""

    place: int
    state: KeyState
    fingerprint: str


class StandbyTests(Model):
    """What people were told last. `wrong`: fingerprint and state of each bad key. `working`: how many would work."""

    wrong: tuple[tuple[str, KeyState], ...] = ()
    working: int | None = None
    at: AwareDatetime


def try_staged(settings: Settings, runbook: Runbook, http: Http) -> list[Tested]:
    """Tests each staged key once. It only reads: no machine ever changes the list."""
    field = runbook.endpoints.twinmind.key_json_field
    current = api_key(read_secret(settings.twinmind_api_key_secret), field)
    leaks = LeakedKeyTable(settings.table_name, runbook.integration)
    found: list[Tested] = []
    for place, key in enumerate(standby_keys(read_secret(settings.twinmind_standby_keys_secret)), start=1):
        is_leaked = leaks.find(key) is not None
        state: KeyState = "leaked" if is_leaked else "in_use" if key == current else _tried(http, runbook, key)
        found.append(Tested(place, state, leaks.fingerprint(key)[:8]))
    return found


def working(found: list[Tested]) -> int | None:
    """How many keys work; None if that is unknown because none works and some could not be tested."""
    works = sum(one.state == "works" for one in found)
    return None if not works and any(one.state == "unknown" for one in found) else works


def record_tests(settings: Settings, runbook: Runbook, found: list[Tested]) -> bool:
    """Mails which keys are bad and why, once for as long as that stays the same. False if nothing was new."""
    wrong = [one for one in found if one.state in ("refused", "leaked", "in_use")]
    table, name = IncidentTable(settings.table_name), f"{runbook.integration}:standby-told"
    told = StandbyTests(wrong=tuple((one.fingerprint, one.state) for one in wrong), working=working(found), at=now())
    known = table.get_record(name, StandbyTests)
    if told.working is None or (known and (known.wrong, known.working) == (told.wrong, told.working)):
        return False
    if wrong or told.working == 0:
        lines = [
            f"Standby key {one.place} of {len(found)} {_WORDS[one.state]} (fingerprint {one.fingerprint})."
            for one in found
        ]
        how = how_to_stage(settings.stack_name, settings.twinmind_standby_keys_secret)
        count = f"{told.working} of {len(found)} staged TwinMind keys would work in a rotation."
        flaw = list_flaw(read_secret(settings.twinmind_standby_keys_secret))
        lines += [f"The list cannot be used as it is: {flaw}."] if flaw else []
        lines.append(f"To stage a key that you make at {runbook.endpoints.dashboard_url}:")
        notify(settings.topic_arn, "TwinMind responder: staged keys need a look", "\n".join((count, *lines, how)))
    table.put_record(name, told)
    return True


def _tried(http: Http, runbook: Runbook, key: str) -> KeyState:
    verdict = check_key(http, runbook.endpoints.twinmind, key).verdict
    return "works" if verdict == "passed" else "refused" if verdict == "failed" else "unknown"
