"""The outside world as one HTTP server on loopback."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Self

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.serving import WSGIRequestHandler, make_server

from local.sandbox import faults
from local.sandbox.bad_addresses import Lines
from local.sandbox.exchange import exchange
from local.sandbox.service import LoadKey
from local.sandbox.service_flags import ReadServiceFlags
from local.sandbox.shapes import Json
from local.sandbox.vendor import answer
from local.sandbox.vendors import Outside
from local.sandbox.world import Clock, World, WorldError

# Gets each call that a vendor answered itself, with the vendor's name (`exchange.py`).
Witness = Callable[[str, Json], None]


class _Route(Rule):
    """Compiled once in a process, for all its sandboxes, and without the code that builds URLs, which is not used."""

    _apart: ClassVar[dict[str, Json]] = {}

    def compile(self) -> None:
        if self.rule not in self._apart:
            super().compile()
            taken = ("_parts", "_trace", "_converters", "arguments")
            self._apart[self.rule] = {name: vars(self)[name] for name in taken}
        vars(self).update(self._apart[self.rule])

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: ARG002  # werkzeug's name
        def refuse(*_: Any, **__: Any) -> tuple[str, str]:
            raise NotImplementedError("the sandbox built a URL: take away _Route")

        return refuse


def create_app(outside: Outside, witness: Witness | None = None) -> Flask:
    """Every vendor under its path, and the controls: /_world, /_reset, /_journal, /_click and the like."""
    app = Flask("sandbox", static_folder=None)
    app.url_rule_class = _Route
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for vendor in outside.vendors:
        app.register_blueprint(vendor.blueprint())
    _add_controls(app, outside)
    _add_traffic(app, outside)
    if witness:
        _add_witness(app, witness)
    return app


def _add_controls(app: Flask, outside: Outside) -> None:
    def change() -> Response:
        try:
            outside.world.patch(request.get_json(silent=True, force=True))
        except WorldError as error:
            return answer({"error": "the world does not know this", "problems": error.problems}, 400)
        return answer(outside.world.snapshot())

    def reset() -> Response:
        outside.reset()
        return answer(outside.world.snapshot())

    app.add_url_rule("/_click", "click", outside.slack.people.click, methods=["POST"])
    app.add_url_rule("/_submit", "submit", outside.slack.people.submit, methods=["POST"])
    app.add_url_rule("/_world", "world", lambda: answer(outside.world.snapshot()))
    app.add_url_rule("/_world", "change", change, methods=["PATCH"])
    app.add_url_rule("/_reset", "reset", reset, methods=["POST"])
    app.add_url_rule(
        "/_lines", "lines", lambda: answer({"urls": outside.lines.urls, "authority": outside.lines.authority})
    )
    app.add_url_rule("/_journal", "journal", lambda: answer(outside.journal.entries()))


def _add_traffic(app: Flask, outside: Outside) -> None:
    """What happens before and after every call: time passes, the journal notes it, the vendor's faults take effect."""

    def arrive() -> Response | None:
        outside.advance()
        vendor = outside.vendor_of(request.path)
        if vendor is None:
            return None
        g.vendor, g.entry = vendor, outside.note(vendor, request)
        fault = g.fault = faults.before(vendor)
        return fault

    def leave(response: Response) -> Response:
        if "entry" not in g:
            return response
        faults.dated(g.vendor, response)
        lost = faults.lost(g.vendor, response)
        is_dropped = faults.DROPPED in (lost or response).headers
        outside.journal.finish(g.entry, response.status_code, answered=not is_dropped)
        # Last, because the client reads the journal as soon as its connection is closed.
        return faults.drop_connection(lost) if lost and is_dropped else lost or response

    def unknown(error: HTTPException) -> Response:
        status = error.code or 500
        return g.vendor.error(status, error.name) if "vendor" in g else answer({"error": error.name}, status)

    app.before_request(arrive)
    app.after_request(leave)
    app.register_error_handler(404, unknown)
    app.register_error_handler(405, unknown)


def _add_witness(app: Flask, witness: Witness) -> None:
    def show(response: Response) -> Response:
        if "fault" in g and g.fault is None:
            witness(g.vendor.name, exchange(response))
        return response

    app.after_request(show)


class _Quiet(WSGIRequestHandler):
    """Requests are in the journal; werkzeug's own lines would show paths and queries."""

    def log(self, *_: Any) -> None:
        return

    def send_response(self, code: int, message: str | None = None) -> None:
        """Without the server's own Date: each vendor has a clock (faults.py)."""
        self.send_response_only(code, message)


class Sandbox:
    """Serves the outside world on 127.0.0.1 in a thread while the `with` block runs.

    `world` is merged over the default world, and is what a reset returns to; `port` 0 takes a free one.
    """

    def __init__(
        self,
        world: Json | None = None,
        *,
        port: int = 0,
        load_key: LoadKey | None = None,
        read_service_flags: ReadServiceFlags | None = None,
        clock: Clock | None = None,
        witness: Witness | None = None,
    ) -> None:
        self.world = World(world, clock) if clock else World(world)
        self._outside = Outside(self.world, load_key, read_service_flags)
        app = create_app(self._outside, witness)
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._outside.stop()

    @property
    def lines(self) -> Lines:
        """Addresses behind which the network is at fault."""
        return self._outside.lines

    def patch(self, change: Json) -> None:
        """Deep merge into the world; raises WorldError for a name that it does not know."""
        self._outside.advance()
        self.world.patch(change)

    def reset(self) -> None:
        self._outside.reset()

    def journal(self, vendor: str | None = None) -> list[Json]:
        """Every call received, oldest first; optionally only one vendor's."""
        return [entry for entry in self._outside.journal.entries() if vendor in (None, entry["vendor"])]

    def fingerprint(self, credential: str) -> str:
        """How the journal of this process writes this credential."""
        return self._outside.journal.fingerprint(credential)
