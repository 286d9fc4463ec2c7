"""The queue for alerts: SQS FIFO, with one message group for each incident."""

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import SHORT_TIMEOUT, client
from responder.domain.alert import PING_GROUP, Alert, Ping


class NotStored(RuntimeError):
    """The queue did not accept the delivery. The caller answers 503, and the vendor sends it again."""


def store(queue_url: str, alert: Alert) -> None:
    """Queues an alert. Raises NotStored if the queue refuses it or cannot be reached in time."""
    _send(queue_url, alert.model_dump_json(exclude_none=True), alert.incident_id, alert.fingerprint)


def store_ping(queue_url: str, ping: Ping) -> None:
    """Queues a ping. Raises NotStored, as `store` does."""
    _send(queue_url, ping.model_dump_json(), PING_GROUP, f"{ping.source}{ping.subscription}-{int(ping.at.timestamp())}")


def _send(queue_url: str, body: str, group: str, deduplication_id: str) -> None:
    try:
        client("sqs", SHORT_TIMEOUT).send_message(
            QueueUrl=queue_url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=deduplication_id
        )
    except (ClientError, BotoCoreError) as error:
        raise NotStored(type(error).__name__) from error
