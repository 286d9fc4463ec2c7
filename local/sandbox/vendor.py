"""What every faked vendor shares: its routes, its faults, its credential and its refusals."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from local.sandbox.shapes import Json
from local.sandbox.world import World

View = Callable[..., Response]
Route = tuple[str, str, View]


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers.update(headers or {})
    return response


def json_body() -> Json:
    """The request's JSON object or form fields; an empty object when it is neither."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else request.form.to_dict()


class Vendor:
    """One vendor under one path; subclasses give `routes`, `refusal` and `error`."""

    name: str
    prefix: str
    scheme = ""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def state(self) -> Json:
        found: Json = self.world[self.name]
        return found

    def routes(self) -> Iterable[Route]:
        raise NotImplementedError

    def refusal(self) -> Response | None:
        """The answer to a call that must not be served (credential, rate); None lets it pass."""
        return None

    def error(self, status: int, message: str) -> Response:
        return answer({"message": message}, status)

    def advance(self) -> None:
        """Does everything that is due by now."""

    def reset(self) -> None:
        """Forgets everything that is not in the world document."""

    def kept(self, body: Any, mark: Callable[[str], str]) -> Any:  # noqa: ARG002
        """The body as the journal may keep it, before known credentials are replaced; `mark` gives a fingerprint."""
        return body

    def credential(self) -> str | None:
        """What follows the vendor's scheme in Authorization, or None."""
        header = request.headers.get("Authorization", "")
        return header.removeprefix(self.scheme).strip() or None if header.startswith(self.scheme) else None

    def accepts(self, credential: str | None) -> bool:
        wanted = self.world["credentials"].get(self.name)
        return bool(credential) and wanted in (None, credential)

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint(self.name, __name__, url_prefix=self.prefix)
        for number, (method, rule, view) in enumerate(self.routes()):
            blueprint.add_url_rule(rule, f"route{number}", self._one_at_a_time(view), methods=[method])
        return blueprint

    def _one_at_a_time(self, view: View) -> View:
        def serve(**parts: str) -> Response:
            parts.pop("page", None)  # Statuspage's page is judged in `refusal`, no view needs it
            with self.world.lock:
                return self.refusal() or view(**parts)

        return serve
