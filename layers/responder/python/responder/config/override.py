"""Reads the text of an override. It refuses mistakes that YAML accepts silently, and names each fault with its line."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

Place = tuple[str | int, ...]
LineNumbers = dict[Place, int]
_DEEPEST = 50


class _ShallowLoader(yaml.SafeLoader):
    def fetch_flow_collection_start(self, token: type) -> None:
        """Refuses deep nesting. Each bracket costs time for every open one: a few kilobytes of them took seconds."""
        if self.flow_level > _DEEPEST:
            raise RecursionError
        super().fetch_flow_collection_start(token)


def read_override(text: str) -> tuple[dict[str, Any], LineNumbers]:
    """The mapping in `text` (JSON or YAML), and the line of each of its entries.

    Raises ValueError, with the line, for text that is no YAML, and for a name without a value or that is there twice.
    """
    try:
        found, lines = _parsed(text)
    except RecursionError as error:
        raise ValueError("the override is nested deeper than any runbook") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ValueError(f"line {line}: a control character that nobody sees; delete it") from error
    except yaml.YAMLError as error:
        # The parser's message without its quotation of the text, which may be confidential.
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where, why = f" (line {mark.line + 1})" if mark else "", f": {str(problem)[:80]}" if problem else ""
        raise ValueError(f"the override is neither JSON nor YAML{where}{why}") from error
    if not isinstance(found, dict):
        raise ValueError('the override must be a mapping, for example {"scope": "any"}')
    return _with_text_keys(found), lines


def _parsed(text: str) -> tuple[Any, LineNumbers]:
    loader = _ShallowLoader(text)
    try:
        node = loader.get_single_node()
        # Checked before anything is built, because an alias could make the result endless.
        lines = dict(_lines(node, (), set())) if node else {}
        return loader.construct_document(node) if node else {}, lines
    finally:
        loader.dispose()


def _with_text_keys(value: Any) -> Any:
    """The value with all keys as text, as in JSON: an escalation level is 2 in YAML and "2" in JSON."""
    if isinstance(value, list):
        return [_with_text_keys(item) for item in value]
    return {str(key): _with_text_keys(one) for key, one in value.items()} if isinstance(value, dict) else value


def _lines(node: yaml.Node, place: Place, met: set[int]) -> Iterator[tuple[Place, int]]:
    """The line of each entry below `node`. Raises ValueError for an alias: it could make the result endless."""
    if id(node) in met:
        raise ValueError(f"line {node.start_mark.line + 1}: an anchor is repeated (*); write it out")
    met.add(id(node))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                raise ValueError(f"line {line}: {name} is there twice, and only the last would count")
            if isinstance(value, yaml.ScalarNode) and not value.value and not value.style:
                raise ValueError(
                    f"line {line}: {name} has no value; write null to switch it off, "
                    "and put quotes round a value that begins with #"
                )
            seen.add(name)
            yield (*place, name), line
            yield from _lines(value, (*place, name), met)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*place, index), item.start_mark.line + 1
            yield from _lines(item, (*place, index), met)


# Pydantic's names for the two forms of `scope`.
_FORMS = ("literal['any']", "Scope")
# Words for people, because pydantic's messages name Python's types.
_PLAIN = {
    "tuple_type": "must be a list, such as [A, B]",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "dict_type": "must be a mapping",
}


def explained(error: ValidationError, lines: LineNumbers, defaults: Mapping[str, Any]) -> str:
    """All faults with their lines and what is allowed. Values are left out, because they may be confidential."""
    found: dict[Place, list[str]] = {}
    for item in error.errors():
        loc = tuple(part for part in item["loc"] if part not in _FORMS)
        is_unknown = item["type"] == "extra_forbidden"
        said = _PLAIN.get(item["type"]) or item["msg"].removeprefix("Value error, ")
        found.setdefault(loc, []).append(_unknown(loc, defaults) if is_unknown else said)
    faults = [
        f"{_line_of(loc, lines)}{'.'.join(map(str, loc)) or 'the override'}: {' or '.join(texts)}"
        for loc, texts in found.items()
    ]
    return "; ".join(faults)


def _line_of(loc: Place, lines: LineNumbers) -> str:
    """`line 3: ` for the setting at `loc`, or for the nearest setting above it that the override has."""
    place: Place = ()
    for part in loc:
        # Pydantic names an escalation level by a number, the override by a text.
        place = next((longer for longer in ((*place, part), (*place, str(part))) if longer in lines), place)
    return f"line {lines[place]}: " if place in lines else ""


def _unknown(loc: Place, defaults: Mapping[str, Any]) -> str:
    section: Any = defaults
    for part in loc[:-1]:
        section = section.get(part) if isinstance(section, Mapping) else None
    elsewhere = [".".join(path) for path in _paths(defaults, ()) if path[-1] == loc[-1]]
    if elsewhere:
        return f"no such setting here; there is {', '.join(elsewhere[:3])}"
    return "no such setting" + (f"; there are {', '.join(map(str, section))}" if isinstance(section, Mapping) else "")


def _paths(section: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, value in section.items():
        yield (*above, str(name))
        if isinstance(value, Mapping):
            yield from _paths(value, (*above, str(name)))
