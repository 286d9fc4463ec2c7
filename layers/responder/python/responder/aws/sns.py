"""The SNS topics: the last way to people, because it needs no vendor."""

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from responder.aws.clients import client, error_code

# One line of ASCII, under 100 characters (Amazon SNS API reference, Publish).
SUBJECT_LIMIT = 99
# A topic that hangs is tried twice by each of two channels, one after the other: all that within a function's limit.
BRIEF = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


class UnreadableError(RuntimeError):
    """The answer is not SNS's own: something in between has answered, or spoilt it; it may be published."""


def notify(topic_arn: str, subject: str, text: str) -> None:
    """Sends an e-mail's worth of text, at least once: SNS cannot be asked what it sent.

    Raises what AWS raises, and UnreadableError.
    """
    line = " ".join(subject.encode("ascii", "ignore").decode().split())[:SUBJECT_LIMIT]
    sns = client("sns", BRIEF)
    try:
        sns.publish(TopicArn=topic_arn, Subject=line or "TwinMind responder", Message=text)
    # What botocore's parser raises for a page that is no XML, and for one that is.
    except (ResponseParserError, KeyError) as error:
        raise UnreadableError("the answer is not SNS's own") from error


def publish(topic_arn: str, subject: str, text: str) -> str | None:
    """As `notify`, with a refusal as its code or a phrase; None where it worked."""
    try:
        notify(topic_arn, subject, text)
    except UnreadableError as error:
        return str(error)
    except (ClientError, BotoCoreError) as error:
        return error_code(error) or type(error).__name__
    return None
