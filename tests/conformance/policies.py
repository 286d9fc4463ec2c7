"""The policies of the translated template as IAM would see them: every intrinsic in its place, every option taken."""

import re
from collections.abc import Iterator
from typing import Any

from tests.support.stack import expanded, source

_HERE = "us-east-1:123456789012"
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "responder",
    "AWS::StackId": f"arn:aws:cloudformation:{_HERE}:stack/responder/11111111-2222-3333-4444-555555555555",
    "AWS::URLSuffix": "amazonaws.com",
}
# Resource type → the ARN of one
_ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{_HERE}:table/responder-incidents",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{_HERE}:secret:responder-AbCdEf",
    "AWS::SNS::Topic": f"arn:aws:sns:{_HERE}:responder-people",
    "AWS::SQS::Queue": f"arn:aws:sqs:{_HERE}:responder-ingest.fifo",
    "AWS::S3::Bucket": "arn:aws:s3:::responder-reports",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_HERE}:function:responder-function",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{_HERE}:stateMachine:responder-incident",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_HERE}:log-group:/responder",
}
# Parameter of the template → a value as people give it
_PARAMETERS = {
    "TwinMindApiKeySecretArn": _ARNS["AWS::SecretsManager::Secret"],
    "TwinMindApiKeyKmsKeyArn": f"arn:aws:kms:{_HERE}:key/11111111-2222-3333-4444-555555555555",
    "EksClusterArn": f"arn:aws:eks:{_HERE}:cluster/apps",
    "EcsServiceArn": f"arn:aws:ecs:{_HERE}:service/apps/twinmind",
    "ConsumerEcsServiceArns": [f"arn:aws:ecs:{_HERE}:service/apps/batch"],
    "ConsumerFunctionArns": [f"arn:aws:lambda:{_HERE}:function:summaries"],
    "PrometheusWorkspaceArn": f"arn:aws:aps:{_HERE}:workspace/ws-1",
    "DataKmsKeyArn": f"arn:aws:kms:{_HERE}:key/11111111-2222-3333-4444-666666666666",
    "ServiceLogGroupArn": f"arn:aws:logs:{_HERE}:log-group:/twinmind",
}
_NOTHING = object()


def policies() -> dict[str, dict[str, Any]]:
    """By where they stand, such as `AuditFunctionRole.Policies.0.PolicyDocument`; whom a role trusts is none."""
    found = {}
    for name, resource in expanded()["Resources"].items():
        for place, document in _documents(resource.get("Properties", {}), name):
            if not place.endswith("AssumeRolePolicyDocument"):
                found[place] = resolved(document)
    return found


def _documents(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "Statement" in value:
            yield place, value
        for name, member in value.items():
            yield from _documents(member, f"{place}.{name}")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _documents(member, f"{place}.{number}")


def resolved(value: Any) -> Any:
    if isinstance(value, list):
        return [one for one in map(resolved, value) if one is not _NOTHING]
    if not isinstance(value, dict):
        return value
    name = next(iter(value), "")
    if len(value) == 1 and name in _INTRINSICS:
        return _INTRINSICS[name](value[name])
    members = {name: resolved(member) for name, member in value.items()}
    return {name: member for name, member in members.items() if member is not _NOTHING}


def _ref(name: str) -> Any:
    if name == "AWS::NoValue":
        return _NOTHING
    if name in _PSEUDO:
        return _PSEUDO[name]
    if name in source()["Parameters"]:
        return _PARAMETERS.get(name, "value")
    resource = expanded()["Resources"][name]
    if resource["Type"] == "AWS::SSM::Parameter":
        return "/responder/parameter"
    return _ARNS[resource["Type"]]


def _sub(given: Any) -> str:
    text, variables = (given, {}) if isinstance(given, str) else given

    def put_in(found: re.Match[str]) -> str:
        name, attribute = found.groups()
        value = str(resolved(variables[name]) if name in variables else _ref(name))
        return value.rsplit(":", 1)[-1] if attribute == ".Name" else value

    return re.sub(r"\$\{([\w:]+)(\.\w+)?\}", put_in, text)


_INTRINSICS: dict[str, Any] = {
    "Ref": _ref,
    "Fn::GetAtt": lambda given: _ref((given if isinstance(given, list) else given.split("."))[0]),
    "Fn::Sub": _sub,
    "Fn::If": lambda given: resolved(given[1]),
    "Fn::Select": lambda given: resolved(given[1])[given[0]],
    "Fn::Split": lambda given: str(resolved(given[1])).split(given[0]),
    "Fn::Join": lambda given: given[0].join(str(resolved(one)) for one in given[1]),
}
