"""Policies and template, as strict linters see them: parliament, cfn-lint with all its rules, checkov."""

import importlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.policies import policies
from tests.conformance.template_exceptions import left
from tests.support.skips import CHECKOV, needs_checkov
from tests.support.stack import expanded

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-666666666666"
CFN_LINT = Path(sys.executable).with_name("cfn-lint")


def judged_by_parliament(document: dict[str, Any]) -> list[Any]:
    """It leaves its files open when it is imported, which pytest takes for a failure."""
    with warnings.catch_warnings(action="ignore"):
        parliament: Any = importlib.import_module("parliament")
    judged = parliament.analyze_policy_string(json.dumps(document), include_community_auditors=True)
    found: list[Any] = judged.findings
    return found


@pytest.fixture(scope="module", params=["as it is", "with the customer's key"])
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As CloudFormation receives it; and as it reads it where DataKmsKeyArn is set."""
    file, found = tmp_path_factory.mktemp("template") / "template.json", expanded()
    if request.param != "as it is":
        found = with_key(found)
        del found["Conditions"]["HasDataKey"]
        found["Parameters"]["DataKmsKeyArn"]["Default"] = KEY
        assert "HasDataKey" not in json.dumps(found)
    file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return file


def with_key(value: Any) -> Any:
    if isinstance(value, dict):
        condition, chosen, _ = value.get("Fn::If", [None] * 3)
        return with_key(chosen) if condition == "HasDataKey" else {name: with_key(one) for name, one in value.items()}
    return [with_key(one) for one in value] if isinstance(value, list) else value


def test_policies_through_parliament(count: Callable[[str], None]) -> None:
    found = [
        (finding.issue, place, str(finding.detail))
        for place, document in policies().items()
        for finding in judged_by_parliament(document)
    ]
    remaining = left("parliament", found)
    count(f"{len(policies())} policies through parliament, {len(found)} findings, {len(remaining)} not accepted")
    assert remaining == []


def test_no_policy_needs_the_newer_version_for_a_variable() -> None:
    assert [place for place, document in policies().items() if "${" in json.dumps(document)] == []


def test_template_through_cfn_lint(template: Path, count: Callable[[str], None]) -> None:
    every_rule = ["--include-checks", "I", "E", "W", "--include-experimental", "--format", "json", "--template"]
    found = [
        (match["Rule"]["Id"], str((match["Location"]["Path"] or ["", ""])[1:2] or "").strip("[]'"), match["Message"])
        for match in lines_of([str(CFN_LINT), *every_rule, str(template)])
    ]
    remaining = left("cfn-lint", found)
    count(f"template through cfn-lint with every rule, {len(found)} findings, {len(remaining)} not accepted")
    assert remaining == []


@needs_checkov
def test_template_through_checkov(template: Path, count: Callable[[str], None]) -> None:
    options = ["--framework", "cloudformation", "--compact", "--output", "json", "--skip-download", "--file"]
    judged = lines_of([str(CHECKOV), *options, str(template)])
    found = [
        (check["check_id"], check["resource"], check["check_name"]) for check in judged["results"]["failed_checks"]
    ]
    remaining = left("checkov", found)
    passed = judged["summary"]["passed"]
    count(f"template through checkov, {passed} checks passed, {len(found)} findings, {len(remaining)} not accepted")
    assert passed > 200
    assert remaining == []


def lines_of(command: list[str]) -> Any:
    """The JSON that a linter prints; its exit code says whether it found anything."""
    environment = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", "PYTHONWARNINGS": "ignore"}
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("statement", "issue"),
    [
        ({"Effect": "Allow", "Action": "dynamodb:ReadItem", "Resource": "*"}, "UNKNOWN_ACTION"),
        (
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:s3:::reports"},
            "RESOURCE_MISMATCH",
        ),
    ],
)
def test_what_parliament_refuses(statement: dict[str, str], issue: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    assert issue in {one.issue for one in judged_by_parliament(document)}
