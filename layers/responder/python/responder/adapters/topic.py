"""The SNS topic: the last way to people, because it needs no vendor."""

from botocore.exceptions import BotoCoreError, ClientError

from responder.adapters.aws import client, error_code

# One line of ASCII, under 100 characters (Amazon SNS API reference, Publish).
SUBJECT_LIMIT = 99


def notify(topic_arn: str, subject: str, text: str) -> None:
    """Sends an e-mail's worth of text, at least once: SNS cannot be asked what it sent. Raises what AWS raises."""
    line = " ".join(subject.encode("ascii", "ignore").decode().split())[:SUBJECT_LIMIT]
    client("sns").publish(TopicArn=topic_arn, Subject=line or "TwinMind responder", Message=text)


def publish(topic_arn: str, subject: str, text: str) -> str | None:
    """As `notify`, with a refusal as its code; None where it worked."""
    try:
        notify(topic_arn, subject, text)
    except (ClientError, BotoCoreError) as error:
        return error_code(error) or type(error).__name__
    return None
