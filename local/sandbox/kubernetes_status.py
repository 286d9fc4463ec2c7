"""The API server's Status objects, and a request in the API's terms (Kubernetes API, "API Concepts")."""

from dataclasses import dataclass
from fnmatch import fnmatch

from flask import Request, Response

from local.sandbox.shapes import Json
from local.sandbox.vendor import answer

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
}
USER = "system:serviceaccount:default:twinmind-responder"


@dataclass(frozen=True)
class Asked:
    """One request: `verb` as in RBAC; `resource` with the subresource, as `pods/log`."""

    verb: str
    group: str
    namespace: str
    resource: str
    name: str

    @property
    def label(self) -> str:
        plural = ".".join(part for part in (self.resource.split("/")[0], self.group) if part)
        return f'{plural} "{self.name}"' if self.name else plural

    def forbidden_by(self, rules: list[str]) -> bool:
        """Rules are `verb resource`, each part with `*` for any: `patch deployments`, `* secrets`, `get pods/log`."""
        full = f"{self.verb} {self.resource}"
        grouped = f"{self.verb} {self.resource}.{self.group}"
        return any(fnmatch(full, rule) or fnmatch(grouped, rule) for rule in rules)

    def allowed_by(self, rules: list[Json]) -> bool:
        """PolicyRules of the Roles that are bound in the namespace ("Using RBAC Authorization"); no wildcards."""
        return any(
            self.group in rule["apiGroups"]
            and self.resource in rule["resources"]
            and self.verb in rule["verbs"]
            and ("resourceNames" not in rule or self.name in rule["resourceNames"])
            for rule in rules
        )


def asked(request: Request) -> Asked:
    before, _, after = request.path.partition("/namespaces/")
    namespace, resource, name, part = [*after.split("/"), "", "", ""][:4]
    group = before.split("/apis/")[1].split("/")[0] if "/apis/" in before else ""
    verb = "patch" if request.method == "PATCH" else "get" if name else "list"
    return Asked(verb, group, namespace, f"{resource}/{part}" if part else resource, name)


def status(code: int, message: str, details: Json | None = None) -> Response:
    """{kind: Status, status: Failure, message, reason, details, code}."""
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    body |= {"reason": REASONS.get(code, "InternalError")} | ({"details": details} if details else {})
    return answer(body | {"code": code}, code, {"Retry-After": "1"} if code == 429 else {})


def forbidden(wanted: Asked) -> Response:
    message = f'{wanted.label} is forbidden: User "{USER}" cannot {wanted.verb} resource "{wanted.resource}"'
    message += f' in API group "{wanted.group}" in the namespace "{wanted.namespace}"'
    return status(403, message, _details(wanted))


def not_found(wanted: Asked) -> Response:
    return status(404, f"{wanted.label} not found", _details(wanted))


def conflict(wanted: Asked) -> Response:
    message = f"Operation cannot be fulfilled on {wanted.label}: the object has been modified; "
    message += "please apply your changes to the latest version and try again"
    return status(409, message, _details(wanted))


def _details(wanted: Asked) -> Json:
    named = {"name": wanted.name, "group": wanted.group, "kind": wanted.resource.split("/")[0]}
    return {name: value for name, value in named.items() if value}
