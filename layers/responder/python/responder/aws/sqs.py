"""The ingest queue: SQS FIFO, one group per incident."""

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import SHORT_TIMEOUT, client
from responder.domain.alert import Alert


class NotStored(RuntimeError):
    """The queue did not accept the delivery; the caller answers 503 and the vendor retries."""


def store(queue_url: str, alert: Alert) -> None:
    """Raises NotStored if the queue refuses or cannot be reached in time."""
    try:
        client("sqs", SHORT_TIMEOUT).send_message(
            QueueUrl=queue_url,
            MessageBody=alert.model_dump_json(exclude_none=True),
            MessageGroupId=alert.incident_id,
            MessageDeduplicationId=alert.fingerprint,
        )
    except (ClientError, BotoCoreError) as error:
        raise NotStored(type(error).__name__) from error
