"""Commands for the AWS CLI in a text, and what is wrong with them: each must work with version 1 and with version 2."""

import re
from collections.abc import Iterator

import botocore.session
from botocore import xform_name

# What both versions add to every command. `--cli-binary-format`, for one, is known to version 2 alone.
GLOBAL_FLAGS = {"output", "query"}
# Where another program's arguments begin.
_OTHERS = re.compile(r"[ )]*(?:\||&&) (?=kubectl|python3|curl|jq|grep|while)|;")


def commands(text: str) -> Iterator[list[str]]:
    """Each as words: service, operation, and the rest up to the next command."""
    for found in re.finditer(r"\baws ([a-z0-9-]+ [a-z0-9-]+(?: (?:(?!\baws )[^\n`])*)?)", text.replace("\\\n", " ")):
        yield _OTHERS.split(found[1])[0].split()


def faults(command: list[str]) -> list[str]:
    """Unknown operations and flags; and bytes that are not read from a file, which version 2 takes for base64."""
    service, operation, *rest = command
    model = botocore.session.get_session().get_service_model(service)
    if operation == "wait":
        waiters = botocore.session.get_session().get_waiter_model(service)
        called = {xform_name(one, "-"): waiters.get_waiter(one).operation for one in waiters.waiter_names}
        return (
            faults([service, xform_name(called[rest[0]], "-"), *rest[1:]]) if rest[0] in called else [f"wait {rest[0]}"]
        )
    names = {xform_name(one, "-"): one for one in model.operation_names}
    if operation not in names:
        return [f"aws {service} {operation}"]
    shape = model.operation_model(names[operation]).input_shape
    known = {xform_name(name, "-"): member for name, member in shape.members.items()} if shape else {}
    known |= {f"no-{flag}": member for flag, member in known.items() if member.type_name == "boolean"}
    given = {
        word.removeprefix("--"): value for word, value in zip(rest, [*rest[1:], ""], strict=True) if word[:2] == "--"
    }
    unknown = [f"--{flag}" for flag in given if flag not in {*known, *GLOBAL_FLAGS}]
    blobs = [flag for flag in given if flag in known and known[flag].type_name == "blob"]
    return unknown + [f"--{flag} {given[flag]}" for flag in blobs if not given[flag].startswith("fileb://")]
