"""Runs all checks at the same time, and tells people what has become wrong."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from pydantic import AwareDatetime

from checks import chat, keys, pager, people, public, secrets, service, settings, tickets
from checks.check import Check, unknown
from checks.context import context_without_incident
from responder import __version__
from responder.aws.incident_table import incident_table
from responder.aws.sns import notify
from responder.config.settings import settings as environment
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.model import Model
from responder.domain.redact import redact

MODULES = (settings, secrets, keys, pager, chat, public, tickets, people, service)
CHECKS: Mapping[str, Check] = {name: check for module in MODULES for name, check in module.CHECKS.items()}
RECORD = "doctor:told"
# A week, less some hours: runs are about a day apart, and the seventh must count as a week.
WEEK = timedelta(days=6, hours=12)

logger = Logger()


class Told(Model):
    """What was wrong when people were last told, by check, and when they were last told everything."""

    wrong: tuple[str, ...]
    at: AwareDatetime


def examine() -> dict[str, Any]:
    ctx = context_without_incident()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(partial(_looked, ctx), CHECKS))
    return {"version": __version__, "checks": found}


def _looked(ctx: IncidentContext, name: str) -> dict[str, str]:
    try:
        result = CHECKS[name](ctx)
    except Exception as error:
        # An error in one check must not stop the others.
        logger.exception("a check broke", extra={"check": name})
        result = unknown(f"it could not be looked at ({type(error).__name__})", "see the log of DoctorFunction")
    return {"name": name, "outcome": result.outcome, "text": redact(result.text), "todo": redact(result.todo)}


def tell_what_is_new(found: Iterable[Mapping[str, str]]) -> None:
    """Mails what has become wrong since people were last told. Once a week it mails everything that is wrong."""
    wrong = [one for one in found if one["outcome"] == "wrong"]
    last = incident_table().get_record(RECORD, Told)
    told = last if last and now() - last.at < WEEK else Told(wrong=(), at=now())
    new = [one for one in wrong if one["name"] not in told.wrong]
    if new:
        lines = [f"{one['name']}: {one['text']}. What to do: {one['todo']}." for one in new]
        lines.append(f"All of them: responder --stack {environment().stack_name} doctor")
        subject = f"TwinMind responder: {len(new)} of its settings would fail in the next incident"
        notify(environment().topic_arn, subject, "\n".join(lines))
    incident_table().put_record(RECORD, told.model_copy(update={"wrong": tuple(one["name"] for one in wrong)}))
