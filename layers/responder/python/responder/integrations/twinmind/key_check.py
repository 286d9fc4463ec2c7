"""Checks a key by one call of the account endpoint, the runbook's test (S-85)."""

from dataclasses import dataclass
from typing import Literal

from responder.clients.http import Http, NoAnswer, Response
from responder.config.endpoints import TwinMind

KeyVerdict = Literal["passed", "failed", "unreachable"]
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class KeyCheck:
    verdict: KeyVerdict
    why: str

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"


def check_key(http: Http, twinmind: TwinMind, key: str | None) -> KeyCheck:
    """Calls once, and again if the first call shows nothing about the key (no answer, 5xx).

    `failed` is 401 only: all other doubts are `unreachable`, so that no good key is discarded.
    """
    if key is None:
        return KeyCheck("failed", "there is no key in it")
    if not (key.isascii() and key.isprintable()):
        return KeyCheck("failed", "it holds characters that no HTTP header can carry")
    url, headers = twinmind.base_url + twinmind.account_path, twinmind.headers(key)
    answer = http.call("GET", url, headers=headers, timeout=TIMEOUT_SECONDS)
    if answer.status is None or answer.status >= 500:
        answer = http.call("GET", url, headers=headers, timeout=TIMEOUT_SECONDS)
    return _judged(answer, twinmind.account_path)


def _judged(answer: Response | NoAnswer, path: str) -> KeyCheck:
    if isinstance(answer, NoAnswer):
        return KeyCheck("unreachable", f"{path}: {answer.sentence}")
    if answer.ok and isinstance(answer.json(), dict):
        return KeyCheck("passed", f"{path} answers {answer.status}")
    if answer.status == 401:
        return KeyCheck("failed", f"{path} answers 401")
    # A good status needs a JSON object: a proxy or sign-in page can return 200. 429 is no proof either: it is not
    # documented whether TwinMind's limit is per key or account, or is checked after the key. Only proof may promote a
    # key.
    return KeyCheck("unreachable", f"{path} answers {answer.status}, which says nothing about the key")
