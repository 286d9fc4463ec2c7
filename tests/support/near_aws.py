"""moto's answers on the short way: where moto plays AWS in this process, nothing is signed, sent and routed.

The SDK still fills in, checks and serialises what a caller gives, and parses what moto's own handler of the operation
answers. tests/contract/test_near_aws.py plays the same calls on both ways and compares what came of them.
"""

import itertools
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.parsers import create_parser
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core import responses
from moto.core.models import botocore_stubber
from moto.dynamodb.responses import DynamoHandler
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.sns.responses import SNSResponse
from moto.sqs.responses import SQSResponse
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.stepfunctions.responses import StepFunctionResponse
from werkzeug.exceptions import HTTPException

from tests.support import lean_moto, near_items, recorded

Json = dict[str, Any]
_serials = itertools.count(1)


# Those that speak JSON, or the older Query protocol, to one address.
HANDLERS: dict[str, Any] = {
    "application-autoscaling": ApplicationAutoScalingResponse,
    "dynamodb": DynamoHandler,
    "ecs": EC2ContainerServiceResponse,
    "secretsmanager": SecretsManagerResponse,
    "sns": SNSResponse,
    "sqs": SQSResponse,
    "ssm": SimpleSystemManagerResponse,
    "stepfunctions": StepFunctionResponse,
}
ACCOUNT = "123456789012"
_PARSERS = {protocol: create_parser(protocol) for protocol in ("json", "query")}
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
    """Each call through the whole of the SDK and of moto, and moto as it was."""
    near = BaseClient._make_api_call  # type: ignore[attr-defined]
    BaseClient._make_api_call = recorded.listening(_far)  # type: ignore[attr-defined]
    try:
        with lean_moto.left_out():
            yield
    finally:
        BaseClient._make_api_call = near  # type: ignore[attr-defined]


def _numbered(headers: Json) -> str:
    headers["x-amzn-requestid"] = f"{next(_serials):052}"
    return str(headers["x-amzn-requestid"])


# By operation and text: moto answers the same again and again.
_parsed_before: dict[tuple[str, str, bytes], bytes] = {}
MOST_KEPT = 1000


def _parser(model: Any) -> Any:
    return _PARSERS["query" if model.service_model.protocol == "query" else "json"]


def _parsed(model: Any, status: int, text: bytes) -> Json:
    """Without the metadata."""
    about = model.service_model.service_name, model.name, text
    kept = _parsed_before.get(about)
    if kept is None:
        if len(_parsed_before) >= MOST_KEPT:
            _parsed_before.clear()
        parsed = _parser(model).parse({"status_code": status, "headers": {}, "body": text}, model.output_shape)
        kept = _parsed_before[about] = pickle.dumps(parsed)
    found: Json = pickle.loads(kept)  # noqa: S301 - made above
    return found


def _metadata(status: int, headers: Json) -> Json:
    found: Json = {"HTTPStatusCode": status, "HTTPHeaders": {name.lower(): value for name, value in headers.items()}}
    number = found["HTTPHeaders"].get("x-amzn-requestid")
    return found | ({"RequestId": number} if number else {})


class _Exchange:
    """One call of a client, as the SDK takes it step by step."""

    def __init__(self, client: Any, operation: str, parameters: Json) -> None:
        self._client = client
        self._context: Json = {}
        self.model = client.meta.service_model.operation_model(operation)
        self.given = client._emit_api_params(api_params=parameters, operation_model=self.model, context=self._context)

    def written(self) -> Json:
        """The request."""
        request: Json = self._client._serializer.serialize_to_request(self.given, self.model)
        return request

    def read(self, status: int, headers: Json, body: Any) -> tuple[int, Json]:
        text = body.encode() if isinstance(body, str) else body
        if status < 300:
            return status, _parsed(self.model, status, text) | {"ResponseMetadata": _metadata(status, headers)}
        said: Json = {"status_code": status, "headers": HTTPHeaders.from_dict(headers), "body": text}
        said["context"] = self._context
        parser = _parser(self.model)
        parsed: Json = parser.parse(said, self.model.output_shape)
        self._client._endpoint._add_modeled_error_fields(said, parsed, self.model, parser)
        return status, parsed

    def end(self, status: int, parsed: Json) -> Json:
        """Whoever listens hears of it; an error is raised."""
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        client, model, context = self._client, self.model, self._context
        notified = f"after-call.{model.service_model.service_id.hyphenize()}.{model.name}"
        http = SimpleNamespace(status_code=status)
        client.meta.events.emit(notified, http_response=http, parsed=parsed, model=model, context=context)
        if status >= 300:
            code = context.get("error_code_override") or parsed["Error"]["Code"]
            raise client.exceptions.from_code(code)(parsed, model.name)
        return parsed


def _call(client: Any, operation: str, parameters: Json) -> Any:
    handler = HANDLERS.get(client.meta.service_model.service_name)
    if handler is None or not botocore_stubber.enabled or not client.meta.endpoint_url.endswith(".amazonaws.com"):
        return _far(client, operation, parameters)
    call = _Exchange(client, operation, parameters)
    if handler is DynamoHandler and operation in near_items.OPERATIONS and near_items.is_plain(call.model, call.given):
        return call.end(*_of_item(call, client.meta.region_name))
    return call.end(*call.read(*_answer(handler(), client, call.written())))


def _of_item(call: _Exchange, region: str) -> tuple[int, Json]:
    found = near_items.answer(call.model, call.given, ACCOUNT, region)
    headers: Json = {}
    if isinstance(found, HTTPException):
        said = dict(found.get_headers()) | {"x-amzn-requestid": _numbered(headers)}
        return call.read(int(found.code or 500), said, found.description)
    _numbered(headers)
    return 200, found | {"ResponseMetadata": _metadata(200, headers)}


def answered(client: Any, operation: str, parameters: Json, answer: Callable[[Json], tuple[int, Json, Any]]) -> Any:
    """What the SDK makes of an answer in AWS's JSON protocol: status, headers and body to one serialised request."""
    call = _Exchange(client, operation, parameters)
    return call.end(*call.read(*answer(call.written())))


def _answer(handler: Any, client: Any, request: Json) -> tuple[int, Json, Any]:
    """As moto's `setup_class` prepares a handler from an HTTP request, and its `dispatch` calls it."""
    region = client.meta.region_name
    body = request["body"]
    fields = body if isinstance(body, dict) else {}
    handler.body = handler.raw_body = urlencode(fields) if fields else body.decode()
    handler.headers = request["headers"]
    handler.querystring = handler.data = {name: [value] for name, value in fields.items()}
    handler.uri, handler.path, handler.method = f"{client.meta.endpoint_url}/", "/", "POST"
    handler.region, handler.partition, handler.uri_match = region, "aws", {}
    handler.access_key, handler.current_account, handler.response_headers = "AKIAEXAMPLE", ACCOUNT, {}
    if handler.automated_parameter_parsing:
        content = request["headers"]["Content-Type"]
        handler.parse_parameters(
            SimpleNamespace(
                content_type=content, method="POST", values=fields, headers=request["headers"], data=body, path="/"
            )
        )
    status, headers, text = handler.call_action()
    return int(status), headers, text
