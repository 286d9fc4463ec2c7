"""Nobody who was just woken meets a name of a program, a state, an id or a label of AWS's."""

import pytest

from local.drill.words import house_words, told_to_people
from tests.workflow.histories import FAILURES, STORIES, told


@pytest.mark.parametrize("story", STORIES | FAILURES)
def test_people_are_told_in_plain_words(story: str) -> None:
    came = told(story)
    # The page's evidence and timeline have the exact names.
    texts = [*told_to_people(came.world, came.report), came.page.partition("Evidence")[0]]
    assert len(texts) >= 5
    found = house_words(texts)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "The old one stays as AWSPREVIOUS.",
        "twinmind_account: TwinMind refuses our key.",
        "it is in WaitForChange",
        "our service has a fault (our fault)",
        "verdict: key",
        "with 1 alert(s)",
        "version 9ca38c9a-adda-5893-b3df-db2900c464c8",
        "in arn:aws:secretsmanager:us-east-1:1:secret:x",
    ],
)
def test_house_words_are_found(text: str) -> None:
    assert len(house_words([text])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "```aws lambda invoke --function-name my_function```",
        "(runbook: approvals.pager_users)",
        "Alert: “app_errors_total is high”, 14:02 UTC.",
        "Stage a spare key. Command: make stage-key STACK=my_stack",
        "see https://example.com/a_b",
    ],
)
def test_exact_names_stand_where_they_are_needed(text: str) -> None:
    assert house_words([text]) == []
