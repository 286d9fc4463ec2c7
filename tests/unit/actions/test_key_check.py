import httpx
import pytest

from responder.clients.http import Http
from responder.config.runbook import packaged
from responder.integrations.twinmind.key_check import check_key

TWINMIND = packaged().endpoints.twinmind
TIMEOUT = -1


def checked(*statuses: int, key: str | None = "tm_sk_x") -> tuple[str, int]:
    """The verdict after these answers, and how many were asked for."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        status = statuses[len(asked) - 1]
        if status == TIMEOUT:
            raise httpx.ReadTimeout("late")
        return httpx.Response(status, json={"plan": "pro"})

    verdict = check_key(Http(httpx.MockTransport(answer)), TWINMIND, key).verdict
    assert all(request.headers["Authorization"] == f"Bearer {key}" for request in asked)
    assert all(str(request.url) == "https://api.twinmind.com/v1/me" for request in asked)
    return verdict, len(asked)


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((200,), "passed"),
        ((401,), "failed"),
        ((403,), "unreachable"),
        ((404,), "unreachable"),
        ((429,), "unreachable"),
        ((302,), "unreachable"),
        ((503, 200), "passed"),
        ((503, 401), "failed"),
        ((500, 502), "unreachable"),
        ((TIMEOUT, 200), "passed"),
        ((TIMEOUT, TIMEOUT), "unreachable"),
    ],
)
def test_one_retry_where_the_first_answer_says_nothing(statuses: tuple[int, ...], verdict: str) -> None:
    assert checked(*statuses) == (verdict, len(statuses))


@pytest.mark.parametrize("body", ["", "<html>Sign in</html>", '"ok"', "[" * 5000])
def test_a_good_status_without_an_account_proves_nothing(body: str) -> None:
    answering = Http(httpx.MockTransport(lambda _: httpx.Response(200, text=body)))
    assert check_key(answering, TWINMIND, "tm_sk_x").verdict == "unreachable"


@pytest.mark.parametrize("key", [None, "tm_sk_\n", "tm_sk_é"])
def test_what_cannot_be_a_key_is_not_sent(key: str | None) -> None:
    assert checked(key=key) == ("failed", 0)
