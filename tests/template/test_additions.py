"""One probe, one action on a known cause, one channel and one source, added to a copy of the tree: what that touches.

Each is a file or a folder of its own, and in one registry its import and its entry. Nothing else of the product
changes.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.inprocess import ROOT

PACKAGE = Path("layers/responder/python/responder")
PRODUCT = ("layers", "functions", "statemachines", "template.yaml")
GATE = "tests/unit/actions/test_gate.py"
ALSO = ("tests", "local", "events", "docs", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Addition:
    """`place`: the folder or file that is new, with `files` in it: path in the package → text.

    `lines`: what goes into `registry`, each before the line that it names. `others`: samples and a row in a page.
    `listed`: the test that notices a missing line; `tests`: those that run on the addition itself. `works`: it is
    known, with all that it brings along.
    """

    place: str
    files: Mapping[str, str]
    registry: str
    lines: Mapping[str, str]
    listed: str
    works: str
    tests: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)


PROBE = Addition(
    place="probes/standby_region.py",
    files={
        "probes/standby_region.py": '''"""Is the other region there?"""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus


async def probe(ctx: ProbeContext) -> Finding:
    return ctx.saw(FindingStatus.OK, "The other region is there.", configured=False)
'''
    },
    registry="probes/__init__.py",
    lines={
        "    upstream_incident,\n": "    standby_region,\n",
        '    "infrastructure_alarms": Probe': '    "standby_region": Probe(standby_region.probe, limit=5),\n',
    },
    listed="tests/contract/test_probes.py::test_every_probe_of_the_folder_is_in_the_registry",
    tests=("tests/contract/test_probes.py::test_a_healthy_world_is_ok[standby_region]",),
    others={"docs/probes.md": "\n| `standby_region` | `configured` |\n"},
    works="""
from responder.probes import PROBES
assert list(PROBES)[-2] == "standby_region"
""",
)

ACTION = Addition(
    place="actions/overrides/pause_summaries.py",
    files={
        "actions/overrides/pause_summaries.py": '''"""Summaries wait until it is over."""

from responder.actions.overrides.override_action import DesiredValues, OverrideAction
from responder.actions.overrides.service_flags_target import ServiceFlagsTarget
from responder.context import IncidentContext


def _desired(_: IncidentContext) -> DesiredValues:
    return DesiredValues(values={"request_queue": True}, because="summaries can wait", effect="Summaries come later.")


ACTION = OverrideAction("pause_summaries", ServiceFlagsTarget, _desired)
'''
    },
    registry="actions/__init__.py",
    lines={
        '    "rollback": Action(\n': """    "pause_summaries": Action(
        module="overrides.pause_summaries",
        causes=frozenset({Cause.RATE_LIMITED}),
        undo="summaries are made again at the end of the incident",
        mode=Mode.APPROVE,
        budget=Budget(per_incident=1, per_day=2, cooldown_minutes=5),
        is_reverted=True,
    ),
"""
    },
    listed=f"{GATE}::test_every_file_that_can_be_run_is_registered",
    tests=(
        "tests/unit/actions/test_gate.py::test_a_playbook_calls_for_nothing_that_the_gate_would_refuse_for_its_cause",
    ),
    works="""
from responder.actions import PLAYBOOKS, runnable_action
from responder.config.runbook import packaged, with_override
from responder.domain.diagnosis import Cause
assert PLAYBOOKS[Cause.RATE_LIMITED] == ("quota", "queue", "pause_summaries")
assert (packaged().modes.pause_summaries.value, packaged().budgets.pause_summaries.per_day) == ("approve", 2)
override = "{modes: {pause_summaries: auto}, budgets: {pause_summaries: {per_day: 9}}}"
assert (with_override(override).budgets.pause_summaries.per_day, runnable_action("pause_summaries").action) == (
    9, "pause_summaries")
""",
)

CHANNEL = Addition(
    place="integrations/wallboard",
    files={
        "integrations/wallboard/__init__.py": "",
        "integrations/wallboard/settings.py": '''"""The wallboard's section of runbook.yaml."""

from typing import ClassVar

from responder.config.base import Url
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    title: ClassVar[str] = "Wallboard"

    url: Url | None = None
''',
        "integrations/wallboard/channel.py": '''"""A screen on the wall."""

from responder.clients.http import NoAnswer
from responder.clients.responses import refused
from responder.context import IncidentContext
from responder.contracts.channel import Channel, SendResult, Sent, failed
from responder.domain.update import Kind, Update
from responder.integrations.wallboard.settings import Settings


class WallboardChannel(Channel):
    name = "wallboard"
    title = "Wallboard"
    kinds = frozenset({Kind.ANNOUNCED})

    def missing(self, ctx: IncidentContext) -> str | None:
        return None if ctx.runbook.vendors.of(Settings).url else "no wallboard (vendors.wallboard.url)"

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:
        body = {"text": update.headline}
        answer = ctx.http.call("POST", str(ctx.runbook.vendors.of(Settings).url), json=body)
        return failed(refused(answer)) if isinstance(answer, NoAnswer) or not answer.ok else Sent("shown")
''',
    },
    registry="notify.py",
    lines={
        "from responder.notifications import delivery\n": (
            "from responder.integrations.wallboard.channel import WallboardChannel\n"
        ),
        '    "mail": MailChannel(),\n': '    "wallboard": WallboardChannel(),\n',
    },
    listed="tests/contract/test_channels.py::test_the_registry_lists_every_file_of_the_folder",
    works="""
from responder.config.runbook import packaged, with_override
from responder.notify import CHANNELS
assert "wallboard" in CHANNELS and packaged().vendors.wallboard.url is None
assert with_override("{vendors: {wallboard: {url: 'https://wall.example'}}}").vendors.wallboard.url
""",
)

SOURCE = Addition(
    place="integrations/alertbot",
    files={
        "integrations/alertbot/__init__.py": "",
        "integrations/alertbot/settings.py": '''"""Alertbot's section of runbook.yaml."""

from typing import ClassVar

from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    title: ClassVar[str] = "Alertbot"

    bot: str | None = None

    @property
    def own_user(self) -> str | None:
        return self.bot
''',
        "integrations/alertbot/webhook.py": '''"""Alertbot's webhooks: a token in a header, one event a body."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from responder.contracts.source import Malformed, Parsed, SourceAdapter
from responder.domain.alert import Alert, AlertEvent, Person
from responder.webhooks import token
from responder.webhooks.identity import fingerprint, incident_id
from responder.webhooks.json_reader import JsonReader


def parse(body: Mapping[str, Any], *, received_at: datetime, bot_user: str | None) -> Parsed:
    top = JsonReader(body)
    upstream_id, actor = top.upstream_id("id"), top.ident("by")
    if upstream_id is None:
        return Malformed("no id")
    return Alert(
        source="alertbot",
        event=AlertEvent.TRIGGERED,
        event_type="alert",
        incident_id=incident_id("bot", upstream_id),
        upstream_id=upstream_id[:512],
        fingerprint=fingerprint("bot", "alert", upstream_id),
        occurred_at=received_at,
        title=top.text("title") or "Alert",
        actor=Person(id=actor, name=None, is_human=actor is not None and actor != bot_user),
        odd=top.odd,
    )


ADAPTER = SourceAdapter("alertbot", token.authenticate, parse)
''',
    },
    registry="integrations/sources.py",
    lines={
        "from responder.integrations.jsm import": (
            "from responder.integrations.alertbot import webhook as alertbot_webhook\n"
        ),
        '    "jsm": jsm_webhook.ADAPTER,\n': '    "alertbot": alertbot_webhook.ADAPTER,\n',
    },
    listed="tests/unit/sources/test_registry.py::test_every_file_with_an_adapter_is_listed",
    tests=("tests/unit/sources/test_registry.py::test_an_adapter_goes_by_its_key_and_has_samples[alertbot]",),
    others={
        str(
            Path("events", "webhooks", "alertbot", "alert.json")
        ): '{"id": "A1", "title": "TwinMind is down", "by": "ada"}'
    },
    works="""
from responder.config.runbook import packaged, with_override
from responder.domain.clock import now
from responder.domain.incident import Incident
from responder.integrations.sources import SOURCES
alert = SOURCES["alertbot"].parse({"id": "A1", "by": "ada"}, received_at=now(), bot_user=None)
assert Incident(id=alert.incident_id, source=alert.source, upstream_id="A1", started_at=now()).source == "alertbot"
runbook = with_override("{vendors: {alertbot: {bot: B1}}}")
assert (runbook.vendors.own_user("alertbot"), runbook.vendors.title_of("alertbot")) == ("B1", "Alertbot")
""",
)

ADDITIONS = (PROBE, ACTION, CHANNEL, SOURCE)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of ours with one of each added, and no line in any registry yet."""
    to = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "corpus", "dependencies", "conformance")
    for name in (*PRODUCT, *ALSO):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, to / name)
    for addition in ADDITIONS:
        texts = {str(PACKAGE / name): text for name, text in addition.files.items()}
        for name, text in (texts | dict(addition.others)).items():
            (to / name).parent.mkdir(exist_ok=True)
            with (to / name).open("a", encoding="utf-8") as file:
                file.write(text)
    return to


def touched(tree: Path) -> set[str]:
    """Files of the product that the copy has otherwise than we do; a new folder counts once."""
    found = set()
    for file in (path for name in PRODUCT for path in [tree / name, *(tree / name).rglob("*")] if path.is_file()):
        name = file.relative_to(tree)
        if "__pycache__" in name.parts or ((ROOT / name).is_file() and (ROOT / name).read_bytes() == file.read_bytes()):
            continue
        is_in_a_new_folder = not (ROOT / name.parent).exists()
        found.add(str((name.parent if is_in_a_new_folder else name).relative_to(PACKAGE)))
    return found


def run(tree: Path, *arguments: str) -> str:
    """What pytest, or a program, says in the copy."""
    path = f"{tree / PACKAGE.parent}:{tree}"
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=tree, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def pytest_in(tree: Path, *tests: str) -> str:
    return run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests)


def test_each_is_a_folder_or_a_file_and_its_line_and_nothing_else(tree: Path) -> None:
    listed = [addition.listed for addition in ADDITIONS]
    assert touched(tree) == {addition.place for addition in ADDITIONS}
    # Without its line each is noticed.
    said = pytest_in(tree, *listed)
    assert [test for test in listed if f"FAILED {test}" not in said] == [], said[-3000:]
    for addition in ADDITIONS:
        registry = tree / PACKAGE / addition.registry
        text = registry.read_text(encoding="utf-8")
        for before, line in addition.lines.items():
            assert text.count(before) == 1, before
            text = text.replace(before, line + before)
        registry.write_text(text, encoding="utf-8")
    assert touched(tree) == {place for one in ADDITIONS for place in (one.place, one.registry)}
    said = pytest_in(tree, *listed, *(test for addition in ADDITIONS for test in addition.tests))
    assert f"{len(listed) + sum(len(addition.tests) for addition in ADDITIONS)} passed" in said, said[-3000:]
    assert run(tree, "-c", "\n".join(addition.works for addition in ADDITIONS)) == ""
