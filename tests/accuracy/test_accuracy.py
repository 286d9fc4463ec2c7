"""The published accuracy is that of this code, and the corpus is what its page says that it is."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from local.accuracy.__main__ import PAGE, main
from local.accuracy.case import CORPUS, Case, load
from local.accuracy.page import FACTS_ALONE, page
from local.accuracy.run import judge_all
from local.accuracy.score import Judged, cause_of, macro_f1, scenario_of
from local.accuracy.stored import stored
from local.accuracy.world import run_case
from local.paths import Home
from responder.aws.incident_table import IncidentTable
from responder.config.runbook import with_override
from responder.domain.diagnosis import Cause, Scenario, Severity
from responder.domain.finding import FindingStatus
from responder.domain.incident import Incident, TimelineEntry
from tests.support.inprocess import SETTINGS
from tests.support.tables import empty_tables


@cache
def judged() -> list[Judged]:
    return judge_all(load())


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[IncidentTable]:
    """Of the only stack there is, called `mine`."""

    def describe_stacks(_: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if parameters != {"StackName": "mine"}:
            missing = {"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}
            raise ClientError(missing, operation)  # type: ignore[arg-type]
        return {"Stacks": [{"Outputs": [{"OutputKey": "TableName", "OutputValue": SETTINGS["TABLE_NAME"]}]}]}

    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        # moto's CloudFormation needs packages that nothing else here does.
        answers = describe_stacks if operation == "DescribeStacks" else real
        return answers(client, operation, parameters)

    with empty_tables():
        monkeypatch.setattr(BaseClient, "_make_api_call", call)
        yield IncidentTable(SETTINGS["TABLE_NAME"])


def test_the_published_page_is_what_this_code_reaches() -> None:
    assert page(judged()) == PAGE.read_text("utf-8"), "run `make accuracy` and look at what changed"


def test_the_goals_are_kept() -> None:
    assert macro_f1([cause_of(one) for one in judged()]) >= 0.95
    assert macro_f1([scenario_of(one) for one in judged()]) >= 0.95
    ours = [one for one in judged() if not one.case.file.startswith(FACTS_ALONE)]
    assert [(one.case.name, one.wrong_actions) for one in ours if one.wrong_actions] == []
    assert [one.case.name for one in ours if one.case.expect.clear and one.too_low] == []


def test_on_the_fresh_half_nothing_is_wrong_but_what_is_known() -> None:
    """Labels that we do not change. Where even an expert is not sure, an action can be wrong; nowhere else."""
    fresh = [one for one in judged() if one.case.file.startswith("fresh/")]
    assert len(fresh) >= 100
    assert macro_f1([cause_of(one) for one in fresh]) >= 0.95
    assert [one.case.name for one in fresh if one.case.expect.clear and one.wrong_actions] == []
    assert len([one for one in fresh if one.wrong_actions]) <= 1
    assert [one.case.name for one in fresh if one.case.expect.clear and one.too_low] == []


def test_on_the_unseen_set_no_severity_is_too_low_and_no_action_is_wrong() -> None:
    unseen = [one for one in judged() if one.case.file.startswith("unseen/")]
    assert len(unseen) >= 70
    assert macro_f1([cause_of(one) for one in unseen]) >= 0.95
    assert {
        one.case.name for one in unseen if one.case.expect.clear and one.found.cause is not one.case.expect.cause
    } == set()
    assert [one.case.name for one in unseen if one.too_low] == []
    assert [one.case.name for one in unseen if one.wrong_actions] == []


@pytest.mark.parametrize(
    ("name", "wrong", "low"), [("blind/", 0, 1), ("sealed/", 0, 0), ("night/", 1, 0), ("dawn/", 0, 0)]
)
def test_where_a_later_author_is_sure_hardly_anything_is_wrong(name: str, wrong: int, low: int) -> None:
    clear = [one for one in judged() if one.case.file.startswith(name) and one.case.expect.clear]
    assert len(clear) >= 60
    assert macro_f1([cause_of(one) for one in clear]) >= 0.95
    assert len([one for one in clear if one.wrong_actions]) <= wrong
    assert len([one for one in clear if one.too_low]) <= low


def test_every_verdict_says_why_and_why_not() -> None:
    for one in judged():
        assert one.found.reasons
        rejected = {line.split(":")[0] for line in one.found.against}
        assert f"Not {one.found.cause.value}" not in rejected


def test_the_corpus_is_large_varied_and_covers_everything() -> None:
    cases = load()
    assert len(cases) >= 300
    assert sum(case.varied for case in cases) <= len(cases) / 2
    assert sum(case.world is not None for case in cases) >= 100
    by_hand = [case for case in cases if not case.varied]
    for cause in Cause:
        assert sum(case.expect.cause is cause for case in by_hand) >= 5, cause
    assert {case.expect.scenario for case in by_hand} == set(Scenario)
    assert {case.expect.severity for case in by_hand} == set(Severity)
    assert sum(bool(case.expect.beside) for case in by_hand) >= 15
    assert all(len(case.why.splitlines()) == 1 and case.why for case in cases)


def test_a_case_that_makes_no_sense_is_named() -> None:
    good = load()[0].model_dump()
    with pytest.raises(ValueError, match="a world or findings"):
        Case.model_validate(good | {"findings": {}, "world": {}})
    with pytest.raises(ValueError, match="severity"):
        Case.model_validate(good | {"expect": good["expect"] | {"severity": "P5"}})


@pytest.mark.parametrize("wanted", ["key revoked", "worlds/key_leaked.yaml", "tests/corpus/worlds/key_leaked.yaml"])
def test_a_case_is_explained(wanted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", "--case", wanted])
    assert main() == 0
    said = capsys.readouterr().out
    assert "as labelled" in said
    assert "Rules that do not hold, and what was not seen" in said
    assert "tm_sk_" not in said


def test_a_case_that_does_not_exist_is_said_with_what_is_near(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", "--case", "revoked and none"])
    assert main() == 2
    assert "key revoked and none staged" in capsys.readouterr().out
    assert (CORPUS / "README.md").exists()


def test_an_incident_of_a_stack_is_explained_from_what_it_keeps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: IncidentTable
) -> None:
    looked = run_case(next(case for case in load() if case.name == "key revoked"))
    incident = Incident(id="pd-QX", source="pagerduty", upstream_id="QX", started_at=looked.alerted_at)
    table.change("pd-QX", lambda _: incident)
    table.pin_runbook("pd-QX", with_override('{"thresholds": {"rate_limit_remaining_low": 7}}'))
    table.keep_findings("pd-QX", "e", list(looked.findings))
    table.keep_findings("pd-QX", "b", [one.model_copy(update={"status": FindingStatus.OK}) for one in looked.findings])
    monkeypatch.setattr("sys.argv", ["accuracy", "--incident", "pd-QX", "--stack", "mine"])
    assert main() == 2
    assert "no diagnosis yet" in capsys.readouterr().err
    data = looked.diagnosis.dump() | {"evidence": "e", "earlier": "b"}
    table.record("pd-QX", TimelineEntry(at=looked.alerted_at, kind="diagnosis", text="So.", key="d", data=data))
    assert stored("pd-QX", "mine").runbook.thresholds.rate_limit_remaining_low == 7
    assert main() == 0
    said = capsys.readouterr().out
    assert "key_rejected (verdict key), P1" in said
    assert "before: ok" in said


@pytest.mark.parametrize(
    ("incident", "stack", "says"), [("pd-QY", "mine", "no incident pd-QY"), ("pd-QX", "other", "is its name right")]
)
def test_what_cannot_be_explained_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    table: IncidentTable,
    incident: str,
    stack: str,
    says: str,
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", "--incident", incident, "--stack", stack])
    assert main() == 2
    assert says in capsys.readouterr().err


def test_without_a_stack_the_local_cloud_is_meant(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="make up"):
        stored("pd-QX", None, Home(tmp_path))


def test_explaining_nothing_says_what_to_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", "--case", ""])
    assert main() == 2
    assert "INCIDENT" in capsys.readouterr().out
