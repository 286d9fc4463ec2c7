"""A vendor's own OpenAPI document (2.0 or 3.0) as a judge of one call: the request, and the answer of the sandbox."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema.exceptions import best_match
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

Json = dict[str, Any]
# Never recorded.
CREDENTIALS = ("authorization", "token")


class Document:
    """`base` is what the paths of the sandbox have in front of the document's."""

    def __init__(self, file: Path, base: str) -> None:
        # One of the documents writes `Object` for the type `object`.
        text = file.read_text(encoding="utf-8").replace('"type": "Object"', '"type": "object"')
        self._content: Json = json.loads(text)
        self._base = base
        self._is_slack = self._content.get("host") == "slack.com"
        self._registry = Registry().with_resource("urn:document", DRAFT4.create_resource(self._content))

    def breaches(self, call: Json) -> list[str]:
        """What of this call, as local/sandbox/exchange.py describes it, is against the document."""
        found = self._operation(call["method"], call["path"].removeprefix(self._base))
        if found is None:
            return [f"the document has no {call['method']} {call['path'].removeprefix(self._base)}"]
        parameters, operation = found
        asked = [
            *self._query(call, parameters),
            *self._headers(call, parameters),
            *self._body(call, parameters, operation),
        ]
        return [f"request: {one}" for one in asked] + [f"answer: {one}" for one in self._answer(call, operation)]

    def _operation(self, method: str, path: str) -> tuple[list[Json], Json] | None:
        """Its parameters and itself. A path with fewer names for ids is the better match."""
        matching = [template for template in self._content["paths"] if _pattern(template).fullmatch(path)]
        for template in sorted(matching, key=lambda one: one.count("{")):
            path_item = self._content["paths"][template]
            if method.lower() in path_item:
                operation = path_item[method.lower()]
                parameters = (*path_item.get("parameters", []), *operation.get("parameters", []))
                return [self._whole(one) for one in parameters], operation
            if self._is_slack and "get" in path_item:
                return _over_post(path_item["get"])
        return None

    def _query(self, call: Json, parameters: list[Json]) -> Iterator[str]:
        known = {one["name"].removesuffix("[]"): one for one in parameters if one["in"] == "query"}
        given: dict[str, list[str]] = {}
        for name, value in call["query"]:
            given.setdefault(name.removesuffix("[]"), []).append(value)
        yield from (f"no query parameter {name}" for name in given.keys() - known.keys())
        for name, one in known.items():
            if name in given:
                yield from self._schema_breaches(one.get("schema", one), _typed(given[name], one), f"?{name}")
            elif one.get("required") and name not in CREDENTIALS:
                yield f"?{name} is required"

    def _headers(self, call: Json, parameters: list[Json]) -> Iterator[str]:
        given = {name.lower(): value for name, value in call["headers"].items()}
        for one in parameters:
            name = one["name"].lower()
            if one["in"] != "header" or name in CREDENTIALS:
                continue
            if name in given:
                yield from self._schema_breaches(one.get("schema", one), given[name], one["name"])
            elif one.get("required"):
                yield f"the header {one['name']} is required"

    def _body(self, call: Json, parameters: list[Json], operation: Json) -> Iterator[str]:
        form = {one["name"]: one for one in parameters if one["in"] == "formData"}
        if form:
            yield from self._form(call, form, operation)
            return
        schema = next((one["schema"] for one in parameters if one["in"] == "body"), None)
        wanted = self._whole(operation.get("requestBody", {}))
        if wanted:
            schema = wanted["content"].get("application/json", {}).get("schema")
        if schema is not None and call["body"] is not None:
            yield from self._schema_breaches(schema, call["body"], "body")
        elif schema is None and call["body"] not in (None, {}):
            yield "the document has no body here"
        elif wanted.get("required") and call["body"] is None:
            yield "a body is required"

    def _form(self, call: Json, form: dict[str, Json], operation: Json) -> Iterator[str]:
        """Fields may come as a form or, where the document takes it, as JSON."""
        body = call["body"]
        given = dict(body) if isinstance(body, list) else body or {}
        if isinstance(body, dict) and "application/json" not in operation.get("consumes", []):
            yield "JSON where the document takes a form"
        yield from (f"no field {name}" for name in given.keys() - form.keys())
        for name, one in form.items():
            if one.get("required") and name not in given:
                yield f"the field {name} is required"

    def _answer(self, call: Json, operation: Json) -> Iterator[str]:
        answers = operation["responses"]
        # Slack answers 200 to what it refuses, and describes that as its default.
        is_refusal = self._is_slack and not call["answer"].get("ok")
        described = answers.get("default" if is_refusal else str(call["status"])) or answers.get("default")
        if described is None:
            yield f"no status {call['status']} in the document"
            return
        described = self._whole(described)
        schema = described.get("schema") or described.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            yield from self._schema_breaches(schema, call["answer"], str(call["status"]))

    def _whole(self, part: Json) -> Json:
        while "$ref" in part:
            found: Any = self._content
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            part = found
        return part

    def _schema_breaches(self, schema: Json, value: Any, place: str) -> Iterator[str]:
        absolute = json.loads(json.dumps(schema).replace('"$ref": "#/', '"$ref": "urn:document#/'))
        validator = OAS30Validator(absolute, registry=self._registry, format_checker=oas30_format_checker)
        for error in validator.iter_errors(value):
            deepest = best_match(error.context) if error.context else None
            shown = deepest or error
            where = "".join(f".{step}" for step in (*error.absolute_path, *(deepest.path if deepest else ())))
            yield f"{place}{where}: {'null' if shown.instance is None else _short(shown.message)}"


def _short(message: str) -> str:
    """A message begins with the whole value."""
    return message if len(message) <= 300 else f"{message[:120]} … {message[-160:]}"


def _over_post(operation: Json) -> tuple[list[Json], Json]:
    """Slack takes the arguments of its reading methods in the body of a POST too."""
    fields = [one | {"in": "formData"} for one in operation.get("parameters", []) if one["in"] == "query"]
    return fields, operation | {"consumes": ["application/x-www-form-urlencoded", "application/json"]}


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", template)
    return re.compile("[^/]+".join(re.escape(part) for part in parts) + "/?")


def _typed(values: list[str], parameter: Json) -> Any:
    """The text of a query as what its schema says that it is."""
    schema = parameter.get("schema", parameter)
    kind = schema.get("type")
    if kind == "array":
        return values
    if kind in ("integer", "number") and re.fullmatch(r"-?\d+", values[0]):
        return int(values[0])
    if kind == "number" and re.fullmatch(r"-?\d+\.\d+", values[0]):
        return float(values[0])
    return {"true": True, "false": False}.get(values[0], values[0]) if kind == "boolean" else values[0]
