"""moto's answers on the short way: where moto plays AWS in this process, nothing is signed, sent and routed.

The SDK still fills in, checks and serialises what a caller gives, and parses what moto's own handler of the operation
answers. tests/contract/test_near_aws.py plays the same calls on both ways and compares what came of them.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.parsers import create_parser
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core import responses
from moto.core.models import botocore_stubber
from moto.dynamodb.responses import DynamoHandler
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.sqs.responses import SQSResponse
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.stepfunctions.responses import StepFunctionResponse

from tests.support import lean_moto, recorded

Json = dict[str, Any]
_ITEMS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")
_serials = itertools.count(1)


class _Items(DynamoHandler):
    """Items of strings and numbers are JSON already: moto need not walk through their shapes."""

    def parse_parameters(self, request: Any) -> None:
        if self._get_action() in _ITEMS:
            self.params: Any = json.loads(self.body)
        else:
            super().parse_parameters(request)

    def serialized(self, action_result: Any) -> Any:
        result = action_result.result
        if self._get_action() not in _ITEMS or not isinstance(result, dict):
            return super().serialized(action_result)
        body = {name: value for name, value in result.items() if value is not None}
        return 200, dict(self.response_headers), json.dumps(body)


# Those that speak JSON to one address.
HANDLERS: dict[str, Any] = {
    "application-autoscaling": ApplicationAutoScalingResponse,
    "dynamodb": _Items,
    "ecs": EC2ContainerServiceResponse,
    "secretsmanager": SecretsManagerResponse,
    "sqs": SQSResponse,
    "ssm": SimpleSystemManagerResponse,
    "stepfunctions": StepFunctionResponse,
}
ACCOUNT = "123456789012"
_PARSER = create_parser("json")
_far = BaseClient._make_api_call  # type: ignore[attr-defined]


def install() -> None:
    """For the whole process; a test that stands before the SDK's calls itself stands before these as well."""
    BaseClient._make_api_call = recorded.listening(_call)  # type: ignore[attr-defined]
    lean_moto.install()
    # It draws 52 letters for the number of a request.
    moto: Any = responses
    moto.gen_amzn_requestid_long = _numbered


@contextmanager
def long_way() -> Iterator[None]:
    """Each call through the whole of the SDK and of moto."""
    near = BaseClient._make_api_call  # type: ignore[attr-defined]
    BaseClient._make_api_call = recorded.listening(_far)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        BaseClient._make_api_call = near  # type: ignore[attr-defined]


def _numbered(headers: Json) -> str:
    headers["x-amzn-requestid"] = f"{next(_serials):052}"
    return str(headers["x-amzn-requestid"])


def _call(client: Any, operation: str, parameters: Json) -> Any:
    handler = HANDLERS.get(client.meta.service_model.service_name)
    if handler is None or not botocore_stubber.enabled or not client.meta.endpoint_url.endswith(".amazonaws.com"):
        return _far(client, operation, parameters)
    return answered(client, operation, parameters, lambda request: _answer(handler(), client, request))


def answered(client: Any, operation: str, parameters: Json, answer: Callable[[Json], tuple[int, Json, Any]]) -> Any:
    """What the SDK makes of an answer in AWS's JSON protocol: status, headers and body to one serialised request."""
    context: Json = {}
    model = client.meta.service_model.operation_model(operation)
    given = client._emit_api_params(api_params=parameters, operation_model=model, context=context)
    request = client._serializer.serialize_to_request(given, model)
    status, headers, body = answer(request)
    text = body.encode() if isinstance(body, str) else body
    said: Json = {"status_code": status, "headers": HTTPHeaders.from_dict(headers), "body": text, "context": context}
    parsed = _PARSER.parse(said, model.output_shape)
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    if status >= 300:
        client._endpoint._add_modeled_error_fields(said, parsed, model, _PARSER)
    notified = f"after-call.{model.service_model.service_id.hyphenize()}.{model.name}"
    http = SimpleNamespace(status_code=status)
    client.meta.events.emit(notified, http_response=http, parsed=parsed, model=model, context=context)
    if status >= 300:
        code = context.get("error_code_override") or parsed["Error"]["Code"]
        raise client.exceptions.from_code(code)(parsed, operation)
    return parsed


def _answer(handler: Any, client: Any, request: Json) -> tuple[int, Json, Any]:
    """As moto's `setup_class` prepares a handler from an HTTP request, and its `dispatch` calls it."""
    region = client.meta.region_name
    body = request["body"]
    handler.body = handler.raw_body = body.decode()
    handler.headers = request["headers"]
    handler.querystring = handler.data = {}
    handler.uri, handler.path, handler.method = f"{client.meta.endpoint_url}/", "/", "POST"
    handler.region, handler.partition, handler.uri_match = region, "aws", {}
    handler.access_key, handler.current_account, handler.response_headers = "AKIAEXAMPLE", ACCOUNT, {}
    if handler.automated_parameter_parsing:
        content = request["headers"]["Content-Type"]
        handler.parse_parameters(
            SimpleNamespace(
                content_type=content, method="POST", values={}, headers=request["headers"], data=body, path="/"
            )
        )
    status, headers, text = handler.call_action()
    return int(status), headers, text
