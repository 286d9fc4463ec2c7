"""An incident's results: read from the running local cloud, or from what a drill stored."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import httpx

from local.drill.stack import Stack

Json = dict[str, Any]


def as_read(text: str) -> str:
    """Slack's markup as people read it: a link's name, times in UTC, people's ids, no escapes."""
    dated = re.sub(r"<!date\^[^|>]*[|]([^>]*)>", r"\1", text)
    named = re.sub(r"<https?://[^|>]+\|([^>]+)>", r"\1", dated)
    return unescape(re.sub(r"<(@[A-Z0-9]+)>", r"\1", named))


class Left(Protocol):
    """Everything that people and the outside world received about incidents."""

    def newest(self) -> str | None: ...
    def incident(self, incident_id: str) -> Json | None: ...
    def messages(self, incident_id: str) -> dict[str, list[Json]]: ...
    def issues(self, incident_id: str) -> Json: ...
    def calls(self, incident_id: str) -> list[Json]: ...
    def page(self, incident: Json) -> str: ...
    def report(self, incident: Json) -> dict[str, str]: ...


class Live:
    """In the local cloud and the sandbox, as they are now."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def newest(self) -> str | None:
        found: list[Json] = []
        for status in ("open", "resolved"):
            url = f"{self._stack.facts['api_url']}/incidents"
            answer = httpx.get(url, params={"status": status}, headers=self._stack.facts["api_headers"], timeout=30)
            found += answer.raise_for_status().json()["incidents"]
        return max(found, key=lambda one: str(one["started_at"]))["id"] if found else None

    def incident(self, incident_id: str) -> Json | None:
        return self._stack.incident(incident_id)

    def messages(self, _: str) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = self._stack.world()["slack"]["messages"]
        return found

    def issues(self, _: str) -> Json:
        found: Json = self._stack.world()["tickets"]["issues"]
        return found

    def calls(self, _: str) -> list[Json]:
        return self._stack.journal()

    def page(self, incident: Json) -> str:
        """The HTML that the function answers now."""
        token = parse_qs(urlsplit(incident["page"]).query)["token"][0]
        url = f"{self._stack.facts['api_url']}/incidents/{incident['id']}/page"
        answer = httpx.get(url, params={"token": token}, headers=self._stack.facts["api_headers"], timeout=30)
        return answer.raise_for_status().text

    def report(self, incident: Json) -> dict[str, str]:
        """`md` and `html`; nothing where none is written yet."""
        key = incident.get("report")
        return {"md": self._stack.report(key), "html": self._stack.report(key.replace(".md", ".html"))} if key else {}


class Kept:
    """Incidents in the folder of finished drills."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest(self) -> str | None:
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        return files[-1].stem if files else None

    def of_each_drill(self) -> dict[str, str]:
        """The newest incident of each drill that was played."""
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        return {str(self._read(file.stem)["drill"]): file.stem for file in files}

    def incident(self, incident_id: str) -> Json | None:
        return self._read(incident_id)["incident"] if self._file(incident_id).exists() else None

    def messages(self, incident_id: str) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = self._read(incident_id)["messages"]
        return found

    def issues(self, incident_id: str) -> Json:
        found: Json = self._read(incident_id)["issues"]
        return found

    def calls(self, incident_id: str) -> list[Json]:
        found: list[Json] = self._read(incident_id)["calls"]
        return found

    def page(self, incident: Json) -> str:
        return str(self._read(incident["id"])["page"])

    def report(self, incident: Json) -> dict[str, str]:
        found: dict[str, str] = self._read(incident["id"])["report"]
        return found

    def _file(self, incident_id: str) -> Path:
        return self._folder / f"{incident_id}.json"

    def _read(self, incident_id: str) -> Json:
        found: Json = json.loads(self._file(incident_id).read_text(encoding="utf-8"))
        return found


def keep(left: Left, incident: Json, folder: Path, drill: str) -> Path | None:
    """Writes what `Kept` reads, and the report as a file of its own; returns that one's path."""
    if not incident:
        return None
    incident_id = incident["id"]
    report = left.report(incident)
    kept = {
        "drill": drill,
        "incident": incident,
        "messages": left.messages(incident_id),
        "issues": left.issues(incident_id),
        "calls": left.calls(incident_id),
        "page": left.page(incident) if incident.get("page") else "",
        "report": report,
    }
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{incident_id}.new"
    unfinished.write_text(json.dumps(kept), encoding="utf-8")
    unfinished.replace(folder / f"{incident_id}.json")
    if not report:
        return None
    file = folder / f"{incident_id}.md"
    file.write_text(report["md"], encoding="utf-8")
    return file
