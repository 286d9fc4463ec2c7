"""A real browser, driven over a pipe by the DevTools protocol: what a page is once it is shown, not what it says it is.

Debian's `chromium` (.ci/run installs it where it can); tests that need one are skipped where there is none.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# As root there is no sandbox to be had; nothing but this machine is ever asked.
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-default-apps",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-pipe",
)  # fmt: skip
# The browser reads its commands from descriptor 3 and answers on 4.
_AS_3_AND_4 = (
    "import fcntl, os, sys; from_us, to_us = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3]); "
    "os.dup2(from_us, 3); os.dup2(to_us, 4); os.execv(sys.argv[3], sys.argv[3:])"
)
PATIENCE = 40.0


class Browser:
    """One tab. `events` are everything that the browser told meanwhile, oldest first."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._rest, self._number, self._session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        answer: dict[str, Any] = self._until(lambda one: one.get("id") == self._number, method)
        assert "error" not in answer, answer["error"]
        return dict(answer.get("result", {}))

    def show(self, url: str, *, width: int, height: int = 900, night: bool = False) -> None:
        """Loads `url` in a window of that size, a telephone's below 500 pixels; `night`: its user wants it dark."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if night else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        self.events.clear()
        self.call("Page.navigate", url=url)
        if not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            self._until(lambda one: one.get("method") == "Page.loadEventFired", f"load {url[:40]}")

    def screenshot(self) -> bytes:
        """A PNG of the whole page, or of its first 4000 pixels."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        part = {"x": 0, "y": 0, "width": size["width"], "height": min(4000, size["height"]), "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", clip=part, captureBeyondViewport=True)["data"])

    def task(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def requested(self) -> list[str]:
        found = (one for one in self.events if one.get("method") == "Network.requestWillBeSent")
        return [str(one["params"]["request"]["url"]) for one in found]

    def complaints(self) -> list[str]:
        """What the console shows: refused by the policy, not found, wrong."""
        logged = [one["params"] for one in self.events if one.get("method") == "Log.entryAdded"]
        return [f"{one['entry']['level']}: {one['entry']['text']}" for one in logged]

    def _until(self, is_it: Any, what: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            whole, end, rest = self._rest.partition(b"\0")
            if end:
                self._rest = rest
                message: dict[str, Any] = json.loads(whole)
                if "method" in message:
                    self.events.append(message)
                if is_it(message):
                    return message
            elif select.select([self._answers], [], [], 0.2)[0]:
                read = os.read(self._answers, 65_536)
                assert read, f"the browser ended while it was asked for {what}"
                self._rest += read
        raise AssertionError(f"the browser did not answer within {PATIENCE:.0f} s: {what}")


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    assert CHROMIUM is not None
    to_browser, from_us = os.pipe()
    to_us, from_browser = os.pipe()
    command = [sys.executable, "-c", _AS_3_AND_4, str(to_browser), str(from_browser)]
    process = subprocess.Popen(
        [*command, CHROMIUM, *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(to_browser, from_browser),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Browser(from_us, to_us)
    finally:
        os.close(from_us)
        os.close(to_us)
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)
        # Its helpers outlive it for a moment, and write into a profile that is being removed.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
