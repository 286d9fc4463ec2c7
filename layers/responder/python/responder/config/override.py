"""Reads the text of an override: what YAML would take in silence is refused, and every fault is named with its line."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

Place = tuple[str | int, ...]
LineNumbers = dict[Place, int]
_DEEPEST = 50


class _ShallowLoader(yaml.SafeLoader):
    def fetch_flow_collection_start(self, token: type) -> None:
        """Each bracket costs as much as there are open ones: a few kilobytes of them took seconds."""
        if self.flow_level > _DEEPEST:
            raise RecursionError
        super().fetch_flow_collection_start(token)


def read_override(text: str) -> tuple[dict[str, Any], LineNumbers]:
    """The mapping in `text` (JSON or YAML), and the line of each of its entries.

    Raises ValueError with the line for what is no YAML, a name without a value, and a name that is there twice.
    """
    try:
        found, lines = _parsed(text)
    except RecursionError as error:
        raise ValueError("the override is nested deeper than any runbook") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ValueError(f"line {line}: a control character that nobody sees; delete it") from error
    except yaml.YAMLError as error:
        # Only what the parser says, not what it would quote.
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
        # Before anything is built: an alias could make it grow without bound.
        lines = dict(_lines(node, (), set())) if node else {}
        return loader.construct_document(node) if node else {}, lines
    finally:
        loader.dispose()


def _with_text_keys(value: Any) -> Any:
    """JSON has no other keys: a level of the escalation is 2 in YAML and "2" in JSON."""
    if isinstance(value, list):
        return [_with_text_keys(item) for item in value]
    return {str(key): _with_text_keys(one) for key, one in value.items()} if isinstance(value, dict) else value


def _lines(node: yaml.Node, place: Place, met: set[int]) -> Iterator[tuple[Place, int]]:
    """An alias is refused: what it repeats could grow without bound, and no setting needs it."""
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


# How pydantic names the two forms of `scope`.
_FORMS = ("literal['any']", "Scope")
# Pydantic names Python's types; people write YAML.
_PLAIN = {
    "tuple_type": "must be a list, such as [A, B]",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "dict_type": "must be a mapping",
}


def explained(error: ValidationError, lines: LineNumbers, defaults: Mapping[str, Any]) -> str:
    """Each fault with its line and the allowed words, without values: those may be confidential."""
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
    """Where the innermost part of `loc` is that the override has."""
    place: Place = ()
    for part in loc:
        # A level of the escalation is a number to pydantic.
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
