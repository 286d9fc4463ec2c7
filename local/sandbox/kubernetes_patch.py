"""The patches that the API server takes here ("Update API Objects in Place Using kubectl patch")."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from local.sandbox.shapes import Json

STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
MERGE_KEYS = ("name", "containerPort", "mountPath", "type")


def patched(stored: Any, change: Any, strategic: bool) -> Any:
    """RFC 7386; a strategic patch also merges lists of objects by their merge key. Null removes."""
    if isinstance(change, dict):
        before = stored if isinstance(stored, dict) else {}
        given = {name: value for name, value in change.items() if name != "$patch"}
        kept = (
            {} if change.get("$patch") == "replace" else {key: old for key, old in before.items() if key not in given}
        )
        new = {name: patched(before.get(name), value, strategic) for name, value in given.items() if value is not None}
        return {name: kept.get(name, new.get(name)) for name in [*before, *new] if name in kept or name in new}
    if strategic and isinstance(change, list) and isinstance(stored, list):
        return _merged_list(stored, change)
    return change


def operated(stored: Any, operations: Any) -> Any:
    """RFC 6902, of which `test`, `replace` and `add` of a member are known; None where one fails."""
    try:
        for one in operations:
            *way, last = [part.replace("~1", "/").replace("~0", "~") for part in one["path"].split("/")[1:]]
            place = stored
            for part in way:
                place = place[part]
            if one["op"] not in ("test", "replace", "add") or (one["op"] == "test" and place[last] != one["value"]):
                return None
            if one["op"] != "test":
                place[last] = one["value"]
    except (KeyError, TypeError, ValueError):
        return None
    return stored


def _merged_list(stored: list[Any], change: list[Any]) -> list[Any]:
    key = _merge_key(stored, change)
    if key is None:
        return change
    result = {item[key]: item for item in stored}
    for item in change:
        if item.get("$patch") == "delete":
            result.pop(item[key], None)
        else:
            result[item[key]] = patched(result.get(item[key]), item, strategic=True)
    return list(result.values())


def _merge_key(stored: list[Any], change: list[Any]) -> str | None:
    items = [*stored, *change]
    objects = all(isinstance(item, dict) for item in items)
    return next((key for key in MERGE_KEYS if objects and all(key in item for item in items)), None)


def selects(selector: str, labels: Json) -> bool:
    """Equality-based label selectors: `a=b`, `a==b`, `a!=b`, `a`, joined by commas ("Labels and Selectors")."""
    return all(_one(part.strip(), labels) for part in selector.split(",") if part.strip())


def _one(part: str, labels: Json) -> bool:
    if "!=" in part:
        name, value = part.split("!=", 1)
        return bool(labels.get(name.strip()) != value.strip())
    name, _, value = part.replace("==", "=").partition("=")
    return name.strip() in labels and ("=" not in part or labels[name.strip()] == value.strip())


def invalid(plural: str, new: Json) -> str | None:
    """What the API server would refuse with 422 in an object that a patch made, as far as the sandbox relies on it."""
    if not isinstance(new.get("metadata"), dict) or not isinstance(new["metadata"].get("resourceVersion"), str):
        return "metadata: Invalid value"
    if plural == "secrets":
        data = new.get("data", {})
        right = isinstance(data, dict) and all(_is_base64(text) for text in data.values())
        return None if right else "data: Invalid value"
    spec = new.get("spec") or {}
    if plural == "externalsecrets":
        return None if isinstance(spec, dict) and spec.get("secretStoreRef") else "spec: Invalid value"
    names = ("replicas",) if plural == "deployments" else ("minReplicas", "maxReplicas")
    wrong = [name for name in names if type(spec.get(name)) is not int or spec[name] < 0]
    if plural == "deployments" and not _labelled(spec.get("template")):
        wrong.append("template.metadata.labels")
    return f"spec.{wrong[0]}: Invalid value" if wrong else None


def _labelled(template: Any) -> bool:
    metadata = template.get("metadata") if isinstance(template, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return isinstance(labels, dict) and bool(labels)


def _is_base64(text: Any) -> bool:
    try:
        return isinstance(text, str) and base64.b64decode(text, validate=True) is not None
    except binascii.Error:
        return False


def marked(values: Any, mark: Callable[[str], str]) -> Any:
    """A base64 value is decoded first, so that its mark has the credential's fingerprint."""
    if not isinstance(values, dict):
        return mark(str(values))
    return {name: mark(decoded(str(value))) for name, value in values.items()}


def decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text
