"""Signs an HTTP request of another client with this function's credentials (AWS Signature Version 4)."""

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from responder.aws.clients import credentials


def signed_headers(method: str, url: str, service: str, region: str) -> dict[str, str] | str:
    """The headers for a request to exactly this URL, without a body. Or a text that says why there are none."""
    try:
        found = credentials()
        if found is None:
            return "there are no AWS credentials to sign with"
        request = AWSRequest(method=method, url=url)
        SigV4Auth(found, service, region).add_auth(request)
    except BotoCoreError as error:
        return f"the call could not be signed ({type(error).__name__})"
    return {str(name): str(value) for name, value in request.headers.items()}
