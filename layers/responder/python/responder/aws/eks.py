"""EKS: a cluster's API endpoint, and a short-lived token for it that proves our IAM role."""

import base64
from functools import cache
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import SHORT_TIMEOUT, client, error_code
from responder.domain.redact import remember

# The life of the signature, as kubectl sets it. EKS accepts a token for up to 15 minutes after signing.
TOKEN_SECONDS = 60
HEADER = "x-k8s-aws-id"


class EksSilent(RuntimeError):
    """AWS did not describe the cluster, or signing failed. The message is the error's name."""


class ClusterEndpoint(NamedTuple):
    """`ca_data`: the certificate authority as base64 of PEM, as DescribeCluster gives it."""

    url: str
    ca_data: str


@cache
def endpoint(cluster: str) -> ClusterEndpoint:
    """The cluster's endpoint by eks:DescribeCluster. Raises EksSilent."""
    try:
        found = client("eks", SHORT_TIMEOUT).describe_cluster(name=cluster)["cluster"]
    except (ClientError, BotoCoreError) as error:
        raise EksSilent(error_code(error) or type(error).__name__) from error
    if not found.get("endpoint"):  # while it is being created
        raise EksSilent(f"the cluster is {found.get('status', 'without an endpoint')}")
    return ClusterEndpoint(found["endpoint"], found["certificateAuthority"]["data"])


def token(cluster: str) -> str:
    """A presigned URL of STS GetCallerIdentity, with the cluster's name in the signature. Raises EksSilent.

    It has the form of aws-iam-authenticator ("API Authorization from Outside a Cluster"): `k8s-aws-v1.` and the URL in
    base64url without padding. It proves our identity, and making it needs no call.
    """
    try:
        url = _sts().generate_presigned_url(
            "get_caller_identity", Params={HEADER: cluster}, ExpiresIn=TOKEN_SECONDS, HttpMethod="GET"
        )
    except (ClientError, BotoCoreError) as error:
        raise EksSilent(type(error).__name__) from error
    made = f"k8s-aws-v1.{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}"
    remember(made)
    return made


@cache
def _sts() -> Any:
    """A client that signs the cluster's name as a header, as `aws eks get-token` does: no parameter is for it."""

    def take(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if HEADER in params:
            context[HEADER] = params.pop(HEADER)

    def put(request: Any, **_: Any) -> None:
        if HEADER in request.context:
            request.headers[HEADER] = request.context[HEADER]

    sts = client("sts")
    sts.meta.events.register("provide-client-params.sts.GetCallerIdentity", take)
    sts.meta.events.register("before-sign.sts.GetCallerIdentity", put)
    return sts
