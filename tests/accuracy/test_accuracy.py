"""The published accuracy is that of this code, and the corpus is what its page says that it is."""

import json
from functools import cache
from pathlib import Path

import httpx
import pytest

from local.accuracy import stored
from local.accuracy.__main__ import PAGE, main
from local.accuracy.case import CORPUS, Case, load
from local.accuracy.page import page
from local.accuracy.run import judge_all
from local.accuracy.score import Judged, cause_of, macro_f1, scenario_of
from local.accuracy.world import run_case
from responder.incident import Incident
from responder.view import full_view
from responder.words import Cause, Scenario, Severity, Source, TimelineEntry


@cache
def judged() -> list[Judged]:
    return judge_all(load())


def test_the_published_page_is_what_this_code_reaches() -> None:
    assert page(judged()) == PAGE.read_text("utf-8"), "run `make accuracy` and look at what changed"


def test_the_goals_are_kept() -> None:
    assert macro_f1([cause_of(one) for one in judged()]) >= 0.95
    assert macro_f1([scenario_of(one) for one in judged()]) >= 0.95
    assert [(one.case.name, one.wrong_actions) for one in judged() if one.wrong_actions] == []
    assert [one.case.name for one in judged() if one.case.expect.clear and one.too_low] == []


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


def test_an_incident_of_a_stack_is_explained_from_what_the_read_api_shows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    looked = run_case(next(case for case in load() if case.name == "key revoked"))
    incident = Incident(id="pd-QX", source=Source.PAGERDUTY, upstream_id="QX", started_at=looked.alerted_at)
    told = TimelineEntry(
        at=looked.alerted_at, kind="diagnosis", text="So.", key="d", data=looked.diagnosis.dump() | {"evidence": "e"}
    )
    shown = full_view(incident, looked.findings, (), (told,))
    asked: list[str] = []

    def get(url: str, **_: object) -> httpx.Response:
        asked.append(url)
        return httpx.Response(200 if url.endswith("pd-QX") else 404, json=shown)

    monkeypatch.setattr(stored, "ROOT", tmp_path)
    monkeypatch.setattr("httpx.get", get)
    (tmp_path / ".local").mkdir()
    monkeypatch.setattr("sys.argv", ["accuracy", "--incident", "pd-QX"])
    assert main() == 2, "there is no stack yet"
    stack = {"api_url": "http://127.0.0.1:1/v1", "api_headers": {}}
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(stack), "utf-8")
    assert main() == 0
    assert "key_rejected (verdict key), P1" in capsys.readouterr().out
    assert asked == ["http://127.0.0.1:1/v1/incidents/pd-QX"]
    monkeypatch.setattr("sys.argv", ["accuracy", "--incident", "pd-QY"])
    assert main() == 2
    assert "answers 404" in capsys.readouterr().err


def test_explaining_nothing_says_what_to_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", "--case", ""])
    assert main() == 2
    assert "INCIDENT" in capsys.readouterr().out
