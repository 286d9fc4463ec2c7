"""The labelled cases of tests/corpus, and what each file may contain (tests/corpus/README.md)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.accuracy.wire import Bad
from responder.config.runbook import merge
from responder.domain.diagnosis import Cause, Scenario, Severity

CORPUS = Path(__file__).parents[2] / "tests" / "corpus"
WELL = "well.yaml"

Rounds = Literal[1, 2, 3]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expect(_Strict):
    """The answer of an expert on call. `or_severity`: other right severities; a lower one than all of them is too low.

    `beside`: other causes that must be named. `act` false: no action may follow, not even one that fits the cause.
    `hurt`: are users affected (null: not judged)? `says`: words that a reason must have. `clear` false: experts differ.
    """

    cause: Cause
    scenario: Scenario
    severity: Severity
    or_severity: tuple[Severity, ...] = ()
    beside: tuple[Cause, ...] = ()
    act: bool = True
    hurt: bool | None = None
    says: tuple[str, ...] = ()
    clear: bool = True

    @property
    def severities(self) -> tuple[Severity, ...]:
        return (self.severity, *self.or_severity)

    def is_too_low(self, found: Severity) -> bool:
        return found.rank < min(severity.rank for severity in self.severities)


class Case(_Strict):
    """One case. A world is run through the real probes twice; findings are taken as they stand.

    `world`, `then`: changes of the sandbox before the first and before the second round. `wait`: seconds that the
    service works before the first round. `restart`: our service is a new process before the second round.
    `deployed`: seconds before the first round a new version was rolled out in the cluster.
    `key`, `standby`: labels of the world's keys that the responder holds. `override`: of runbook.yaml.
    `line`: what is wrong with the network from the probes to TwinMind. `control`: whether a control host answers.
    `rounds`: probe runs; the workflow makes a third one if the second is the first good one.
    `findings`, `earlier`: by probe, merged over well.yaml; null leaves the probe out, "blind" saw nothing.
    """

    name: str
    why: str
    expect: Expect
    file: str
    varied: bool
    world: dict[str, Any] | None = None
    then: dict[str, Any] | None = None
    wait: float = Field(default=30, ge=0)
    restart: bool = False
    deployed: float | None = Field(default=None, gt=0)
    key: str | None = "primary"
    standby: tuple[str, ...] = ("standby-1", "standby-2")
    override: dict[str, Any] = Field(default_factory=dict)
    line: Bad | None = None
    control: Literal["up", "down"] | None = None
    findings: dict[str, Any] | None = None
    earlier: dict[str, Any] | None = None
    rounds: Rounds = 2

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.world is None) == (self.findings is None):
            raise ValueError("a case has a world or findings, one of them")
        return self


def is_inside(case: Case) -> bool:
    """Whether the probes look from the service's own network."""
    by_finding = any(
        isinstance(one, dict) and one.get("seen_from") == "service_network" for one in (case.findings or {}).values()
    )
    return by_finding or bool(_nested(case.override, "endpoints", "service", "shares_network_with_probes"))


def is_as_shipped(case: Case) -> bool:
    """Whether the case has the packaged configuration, which has no address of our service; other cases have one."""
    service = _nested(case.override, "endpoints", "service")
    return isinstance(service, dict) and service.get("base_url", "") is None


def calls_of(case: Case) -> float | None:
    """Calls of our service in a minute, if the case's world says it."""
    found = _nested(case.world or {}, "service", "load", "requests_per_minute")
    return found if isinstance(found, int | float) else None


def _nested(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def load(corpus: Path = CORPUS) -> list[Case]:
    """Every case, in the order of files and lines. An invalid one raises ValueError with its file."""
    files = sorted(path for path in corpus.rglob("*.yaml") if path.name != WELL)
    parsed = {str(path.relative_to(corpus)): _read(path) for path in files}
    written = [case for file, body in parsed.items() if "cases" in body for case in _written(file, body)]
    by_name = {case["name"]: case for case in written}
    if len(by_name) != len(written):
        names = [case["name"] for case in written]
        raise ValueError(f"two cases share a name: {sorted({name for name in names if names.count(name) > 1})}")
    varied = [case for file, body in parsed.items() if "each" in body for case in _varied(file, body, by_name)]
    return [_case(each) for each in (*written, *varied)]


def _read(file: Path) -> Any:
    """By libyaml where it is there: the corpus is long."""
    return yaml.load(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def well(corpus: Path = CORPUS) -> dict[str, Any]:
    """The findings of a world without trouble, by probe."""
    found: dict[str, Any] = _read(corpus / "findings" / WELL)
    return found


def _case(given: dict[str, Any]) -> Case:
    try:
        return Case.model_validate(given)
    except ValueError as error:
        raise ValueError(f"{given.get('file')}, {given.get('name')}: {error}") from error


def _written(file: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Cases written out; `base` is what they share."""
    for case in body["cases"]:
        yield {"file": file, "varied": False, **merge(body.get("base", {}), case)}


def _varied(file: str, body: dict[str, Any], by_name: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each named case under each circumstance of `under`, whose changes are merged over the case."""
    for name in body["each"]:
        if name not in by_name:
            raise ValueError(f"{file}: no case is called {name!r}")
        for under in body["under"]:
            case = merge(by_name[name], {key: value for key, value in under.items() if key not in ("name", "why")})
            why = f"{under['why']} {by_name[name]['why']}"
            yield {**case, "name": f"{name}, {under['name']}", "why": why, "file": file, "varied": True}
