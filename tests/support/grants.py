"""What the template's roles allow, as (function, action, logical resource)."""

import re
from typing import Any

from tests.support import stack

Grant = tuple[str, str, str]


def granted() -> set[Grant]:
    found = set()
    for role, properties in stack.resources("AWS::IAM::Role").items():
        if role == "MachineRole":
            continue
        for policy in properties["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                found |= grants(role.removesuffix("Role"), statement)
    return found


def grants(function: str, statement: Any) -> set[Grant]:
    if "Fn::If" in statement and statement["Fn::If"][0] == "HasKmsKey":
        return set()  # only for a customer-managed key, which Secrets Manager uses on the caller's behalf
    if "Fn::If" in statement:
        return grants(function, statement["Fn::If"][1])
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return {(function, action, logical_of(resource)) for action in actions for resource in resources}


# Parts of ARNs that name no logical id, or not the one that they are of.
KNOWN = {
    ":execution:": "execution",
    r"-escalation-\*$": "escalation topics",
    ":stateMachine:incident-": "IncidentStateMachine",
    ":function:slack-interaction-": "SlackInteractionFunction",
    "/api-url$": "ApiUrlParameter",
    r":scalable-target/\*$": "scalable-target/*",
}


def logical_of(resource: Any) -> str:
    """A resource expression of the template as a logical id, with its suffix."""
    if resource == "*":
        return "*"
    kind, value = next(iter(resource.items()))
    if kind == "Ref":
        return str(value)
    if kind == "Fn::GetAtt":
        return str(value[0])
    if kind == "Fn::If":
        return logical_of(value[1])
    text = value if isinstance(value, str) else value[0]
    known = next((name for ending, name in KNOWN.items() if re.search(ending, text)), None)
    if known:
        return known
    names: list[str] = re.findall(r"\$\{([A-Za-z]+)(?:\.Arn)?\}", text)
    suffix = text.rsplit("}", 1)[1]
    return names[-1] + suffix
