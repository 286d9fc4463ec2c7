"""Whether TwinMind takes a key: one call of the account endpoint, the runbook's own test (S-85)."""

from dataclasses import dataclass
from typing import Literal

from responder.clients.http import Http, NoAnswer, Response
from responder.config.endpoints import TwinMind

Verdict = Literal["passed", "failed", "unreachable"]
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class KeyCheck:
    verdict: Verdict
    why: str

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"


def check_key(http: Http, twinmind: TwinMind, key: str | None) -> KeyCheck:
    """Asks once, and once more where the first try says nothing about the key (no answer, 5xx).

    `failed` is 401 and nothing else: every other doubt is `unreachable`, so that no good key is thrown away.
    """
    if key is None:
        return KeyCheck("failed", "there is no key in it")
    if not (key.isascii() and key.isprintable()):
        return KeyCheck("failed", "it holds characters that no HTTP header can carry")
    headers = {twinmind.auth_header: f"{twinmind.auth_scheme} {key}".strip()}
    url = twinmind.base_url + twinmind.account_path
    answer = http.call("GET", url, headers=headers, timeout=TIMEOUT_SECONDS)
    if isinstance(answer, NoAnswer) or answer.status >= 500:
        answer = http.call("GET", url, headers=headers, timeout=TIMEOUT_SECONDS)
    return _judged(answer, twinmind.account_path)


def _judged(answer: Response | NoAnswer, path: str) -> KeyCheck:
    if isinstance(answer, NoAnswer):
        return KeyCheck("unreachable", f"{path}: {answer.sentence}")
    if answer.ok and isinstance(answer.json(), dict):
        return KeyCheck("passed", f"{path} answers {answer.status}")
    if answer.status == 401:
        return KeyCheck("failed", f"{path} answers 401")
    # A good status without a JSON object: any proxy or sign-in page can say 200, and it never saw the key.
    # 429 too: nobody documents whether TwinMind's limit counts per key or per account, nor whether it is checked
    # after the key, so it is no proof that this key is accepted, and only a proof may promote.
    return KeyCheck("unreachable", f"{path} answers {answer.status}, which says nothing about the key")
