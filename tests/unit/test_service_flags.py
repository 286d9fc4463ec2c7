"""The document of service flags: its schema, what is kept, and what is refused."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from moto import mock_aws

from local.sandbox.service_flags import service_flags_of
from responder.domain.service_flags import LARGEST_BYTES, NAMES, ServiceFlags, ServiceFlagsError, read, rewrite
from tests.support.inprocess import REGION, ROOT

PUBLISHED = json.loads((ROOT / "docs" / "service-flags.schema.json").read_text(encoding="utf-8"))
AT = datetime(2026, 6, 1, 14, 2, tzinfo=UTC)
VALIDATOR = Draft202012Validator(PUBLISHED)

SERVICE_FLAGS = st.fixed_dictionaries(
    {},
    optional={
        "request_queue": st.booleans() | st.none() | st.just("yes"),
        "reject_non_critical": st.booleans() | st.integers(0, 1),
        "client_rate_limit_per_minute": st.integers(-2, 400) | st.none() | st.booleans() | st.just(0.5),
        "model": st.sampled_from(["ear-2", "", "x" * 65, None, 3]),
        "version": st.integers(-1, 5) | st.just("3"),
        "reason": st.text(max_size=5) | st.none(),
        "our_own_field": st.none() | st.lists(st.integers(), max_size=2),
    },
)


def _rewrite(document: dict[str, Any], values: dict[str, Any], reason: str = "to show it") -> str:
    return rewrite(read(json.dumps(document)), values, version=8, by="responder pd-1", at=AT, reason=reason)


def test_the_published_schema_is_that_of_the_model() -> None:
    """Written anew by json.dumps(ServiceFlags.model_json_schema(), indent=2)."""
    Draft202012Validator.check_schema(PUBLISHED)
    assert ServiceFlags.model_json_schema() == PUBLISHED
    assert set(NAMES) < set(PUBLISHED["properties"])


@given(SERVICE_FLAGS)
def test_schema_and_reader_agree_on_what_is_valid(document: dict[str, Any]) -> None:
    try:
        read(json.dumps(document))
        accepted = True
    except ServiceFlagsError:
        accepted = False
    assert accepted is VALIDATOR.is_valid(document)


@given(SERVICE_FLAGS.filter(VALIDATOR.is_valid), st.integers(0, 400) | st.none())
def test_what_is_written_is_valid_and_keeps_every_other_field(document: dict[str, Any], limit: int | None) -> None:
    after = json.loads(_rewrite(document, {"client_rate_limit_per_minute": limit}))
    assert VALIDATOR.is_valid(after)
    assert service_flags_of(after).client_rate_limit_per_minute == limit
    ours = {"client_rate_limit_per_minute", "version", "set_by", "set_at", "reason"}
    assert {name: value for name, value in after.items() if name not in ours} == {
        name: value for name, value in document.items() if name not in ours
    }


def test_a_service_flag_that_is_given_back_to_nothing_is_gone() -> None:
    after = json.loads(_rewrite({"request_queue": True, "mine": 1}, {"request_queue": None}))
    assert "request_queue" not in after
    stamp = {"version": 8, "set_by": "responder pd-1", "set_at": "2026-06-01T14:02:00.000Z", "reason": "to show it"}
    assert after == {"mine": 1, **stamp}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '"on"', '{"request_queue": "on"}', '{"version": -1}', "[" * 4000, '{"mine": "\\ud800"}'],
)
def test_what_is_no_document_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ServiceFlagsError, match=r"service flags (are no|do not follow)"):
        read(text)


def test_a_document_that_would_not_fit_is_refused() -> None:
    with pytest.raises(ServiceFlagsError, match=f"and {LARGEST_BYTES} fit"):
        _rewrite({"mine": "ü" * (LARGEST_BYTES // 2)}, {"request_queue": True})


def test_the_reader_that_the_page_shows_reads_and_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "service-flags.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        service: dict[str, Any] = {}
        exec(sample, service)  # noqa: S102 - the sample itself is what is tested
        service["poll"]()
        assert service["metrics_line"]() == "twinmind_service_flags_version 0"
        for version, text in ((7, '{"request_queue": true, "version": 7}'), (7, "{")):
            service["ssm"].put_parameter(
                Name="/twinmind-responder/service-flags", Value=text, Type="String", Overwrite=True
            )
            service["poll"]()
            assert service["flags"] == {"request_queue": True, "version": version}
    assert set(NAMES) <= set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
