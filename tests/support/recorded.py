"""What the product said in the runs of the suite: to AWS, in its state machine, and to the vendors.

tests/conformance plays it back to strict third parties. Each process of a run writes into one folder, a file of JSON
lines for each kind, and only what says something new: another shape, a longer text, another special character.
"""

import json
import os
import re
import shutil
import string
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonata
import pytest
from botocore.exceptions import ClientError
from botocore.handlers import BUILTIN_HANDLERS

from tests.support import recording

# Names the folder. The processes that pytest-xdist starts inherit it from the first.
FOLDER = "RECORDED_CALLS"
# An operation, its parameters, the status of the answer, the name of the error, and how many items were found.
Call = dict[str, Any]
MakeCall = Callable[[Any, str, Call], Any]

_lock = threading.RLock()
_seen: set[tuple[Any, ...]] = set()
_seen_exactly: set[int] = set()
_longest: dict[tuple[str, str, str], int] = {}
_PLAIN_SIGNS = frozenset(string.ascii_letters + string.digits)
_DECLARED = re.compile(r"\$(\w+):=")
_NAMED = re.compile(r"\$(\w+)")
# As the emulator writes them, texts hold their line ends as they are.
_JSON = json.JSONDecoder(strict=False)
LONG_ANSWER = 40
# The world of the trace is over, and its table with it; a thread of it still asked.
GONE = "ResourceNotFoundException"
# What the product asks of a table; how the canary takes one down is newer than that other DynamoDB.
READS = ("GetItem", "Query", "Scan", "DescribeTable", "BatchGetItem", "TransactGetItems")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


def pytest_configure(config: pytest.Config) -> None:
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="recorded-")
        config.add_cleanup(_remove_folder)
    BUILTIN_HANDLERS.append(("provide-client-params", _aws_call))


def _remove_folder() -> None:
    shutil.rmtree(os.environ.pop(FOLDER))


def pytest_sessionfinish() -> None:
    _traces.end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in read("figures"):
        terminalreporter.write_line(f"conformance: {line}")


def figure(line: str) -> None:
    """Is printed at the end of the run."""
    _write("figures", line)


def read(kind: str) -> list[Any]:
    """Everything of this kind that the processes of this run have written so far."""
    _traces.end()
    files = sorted(Path(os.environ[FOLDER]).glob(f"{kind}-*.jsonl"))
    # Another process may be writing its last line.
    whole = [file.read_text(encoding="utf-8").rpartition("\n")[0] for file in files]
    return [json.loads(line) for text in whole for line in text.split("\n") if line]


def evaluate_jsonata(text: str) -> Any:
    """The answer of the local engine, recorded. `text`: `($name:=value;…;expression)`, as the emulator puts it."""
    # The emulator also asks `$exists(…)` and `$type(…)` of what it has evaluated.
    if not text.startswith("("):
        return jsonata.Jsonata(text).evaluate(None)
    expression, variables = _taken_apart(text)
    with _lock:
        answer = _understood(expression).evaluate(None, variables)
    note_expression(expression, variables, answer)
    return answer


@cache
def _understood(expression: str) -> Any:
    return jsonata.Jsonata(expression)


def note_expression(expression: str, variables: dict[str, Any], answer: Any) -> None:
    """An expression of the definition, the variables that it names, and the local engine's answer."""
    exact = json.dumps(answer)
    about = exact if len(exact) < LONG_ANSWER else json.dumps(shape_of(answer))
    with _lock:
        if _first_time("jsonata", expression, json.dumps(shape_of(variables)), about):
            _write("jsonata", {"expression": expression, "variables": variables, "answer": answer})


def take_expressions(file: Path) -> None:
    """Those of a local cloud in a process of its own (local/recorder/expressions.py)."""
    for line in file.read_text(encoding="utf-8").splitlines():
        note_expression(**json.loads(line))


def _taken_apart(text: str) -> tuple[str, dict[str, Any]]:
    """The expression, and the variables that it names."""
    variables, place = {}, 1
    while declared := _DECLARED.match(text, place):
        variables[declared[1]], end = _JSON.raw_decode(text, declared.end())
        place = end + 1
    expression = text[place:-1]
    named = set(_NAMED.findall(expression))
    return expression, {name: value for name, value in variables.items() if name in named}


def vendor_call(vendor: str, call: Call) -> None:
    """A request to a vendor and its answer, as the sandbox saw them. `route`: its path with names for the ids."""
    about = f"{call['method']} {call['route']} {call['status']}"
    with _lock:
        if _says_something_new("vendors", f"{vendor} {about}", call):
            _write("vendors", {"vendor": vendor} | call)


def _aws_call(params: Call, model: Any, **_: Any) -> None:
    """A call of the product; those of the tests themselves are not of interest."""
    if recording.current_function() is None:
        return
    service, text = model.service_model.service_name, _TO_JSON(params)
    with _lock:
        if _exactly_so_before("aws", service, model.name, text):
            return
        plain = json.loads(text)
        if _says_something_new("aws", f"{service}:{model.name}", plain):
            _write("aws", {"service": service, "operation": model.name, "params": plain})


class _Traces:
    """The calls to DynamoDB in their order, while a table is not empty: an answer depends on the writes before.

    A call that changes nothing is kept where it is new. A trace is written when it holds something new, as far as that.
    It begins with the making of its table.
    """

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._needed = 0
        self._keys: set[str] = set()

    def note(self, operation: str, params: Call, answer: Any) -> None:
        error = answer.get("Error", {}).get("Code")
        with _lock:
            if operation == "CreateTable":
                self.end()
            elif error == GONE:
                self.end()
                return
            elif not self._calls or operation not in (*READS, *WRITES):
                return
            is_write = operation not in READS and error is None
            text = _TO_JSON(params)
            if _exactly_so_before("dynamodb", operation, text, error) and not is_write:
                return
            call = {
                "operation": operation,
                "params": json.loads(text),
                "status": answer["ResponseMetadata"]["HTTPStatusCode"],
                "error": error,
                "found": len(answer["Items"]) if "Items" in answer else int("Item" in answer),
            }
            is_new = _first_time("dynamodb", json.dumps(shape_of(call)), *_expressions(call), str(error))
            if is_new or is_write:
                self._calls.append(call)
            if is_new:
                self._needed = len(self._calls)
            if is_write and operation.endswith("Item"):
                self._follow(call)

    def _follow(self, call: Call) -> None:
        """Where nothing is left in the table, the next trace begins as this one did."""
        holder = call["params"].get("Item") or call["params"].get("Key") or {}
        key = json.dumps([holder.get("pk"), holder.get("sk")])
        self._keys = self._keys - {key} if call["operation"] == "DeleteItem" else self._keys | {key}
        if not self._keys:
            self.begin_anew()

    def begin_anew(self) -> None:
        """The table is empty: by deletes, or because a test emptied it without a call."""
        with _lock:
            made = self._calls[:1]
            self.end()
            self._calls = made

    def end(self) -> None:
        with _lock:
            if self._needed:
                _write("dynamodb", self._calls[: self._needed])
            self._calls, self._needed, self._keys = [], 0, set()


_traces = _Traces()


def table_was_emptied() -> None:
    """Whoever empties it without a call says so: another DynamoDB could not know."""
    _traces.begin_anew()


def listening(make_call: MakeCall) -> MakeCall:
    """The SDK's own way to make a call, recorded where it goes to DynamoDB."""

    def made(client: Any, operation: str, params: Call) -> Any:
        if client.meta.service_model.service_name != "dynamodb":
            return make_call(client, operation, params)
        try:
            answer = make_call(client, operation, params)
        except ClientError as error:
            _traces.note(operation, params, error.response)
            raise
        _traces.note(operation, params, answer)
        return answer

    return made


def _expressions(call: Call) -> list[str]:
    return [str(value) for name, value in sorted(call["params"].items()) if name.endswith("Expression")]


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


_TO_JSON = json.JSONEncoder(default=_as_text).encode


def _write(kind: str, entry: Any) -> None:
    if FOLDER not in os.environ:  # no run of tests
        return
    with (Path(os.environ[FOLDER]) / f"{kind}-{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def _first_time(*parts: Any) -> bool:
    found = parts not in _seen
    _seen.add(parts)
    return found


def _exactly_so_before(*parts: Any) -> bool:
    """What was said before, word for word, says nothing new. It is long, so only its hash is kept."""
    key = hash(parts)
    found = key in _seen_exactly
    _seen_exactly.add(key)
    return found


def _says_something_new(kind: str, name: str, value: Any) -> bool:
    found = _first_time(kind, name, json.dumps(shape_of(value), sort_keys=True))
    for place, text in texts(value):
        where = kind, name, place
        found = _first_time(where, frozenset(text) - _PLAIN_SIGNS) or found
        if len(text) > _longest.get(where, -1):
            _longest[where], found = len(text), True
    return found


def shape_of(value: Any) -> Any:
    """The value with the name of its type in place of each text and number; a list is the set of its shapes."""
    if isinstance(value, dict):
        return {str(name): shape_of(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return sorted({json.dumps(shape_of(member), sort_keys=True) for member in value})
    return type(value).__name__


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """(place, text) of every text in the value; the members of a list share a place."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from texts(member, f"{place}.{name}")
    elif isinstance(value, list | tuple):
        for member in value:
            yield from texts(member, f"{place}[]")
    elif isinstance(value, str):
        yield place, value
