"""The SNS topic: the last way to people, because it needs no vendor."""

from botocore.exceptions import BotoCoreError, ClientError

from responder.adapters.aws import client, error_code


def publish(topic_arn: str, subject: str, text: str) -> str | None:
    """Sends an e-mail's worth of text; None where it worked, otherwise why not. At least once: SNS cannot be asked."""
    try:
        client("sns").publish(TopicArn=topic_arn, Subject=subject, Message=text)
    except (ClientError, BotoCoreError) as error:
        return error_code(error) or type(error).__name__
    return None
