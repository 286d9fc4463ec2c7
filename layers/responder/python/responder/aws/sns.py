"""The SNS topics. They are the last way to reach people, because they need no other vendor."""

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from responder.aws.clients import call_or_none, client, error_code

# One line of ASCII, under 100 characters (Amazon SNS API reference, Publish).
SUBJECT_LIMIT = 99
# Two channels one after the other can try a hanging topic twice each, and still end within a function's limit.
BRIEF = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})

# For reading subscriptions after a message: this must not take long.
QUICK = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})


class UnreadableError(RuntimeError):
    """Something between SNS and us changed the answer. The message may have been published."""


def notify(topic_arn: str, subject: str, text: str) -> None:
    """Publishes a text, perhaps twice: SNS cannot be asked what it sent. Raises AWS's errors and UnreadableError."""
    line = " ".join(subject.encode("ascii", "ignore").decode().split())[:SUBJECT_LIMIT]
    sns = client("sns", BRIEF)
    try:
        sns.publish(TopicArn=topic_arn, Subject=line or "TwinMind responder", Message=text)
    # botocore's parser raises the first for a page that is not XML, and the second for other XML.
    except (ResponseParserError, KeyError) as error:
        raise UnreadableError("the answer is not SNS's own") from error


def subscriptions(topic_arn: str, config: Config = BRIEF) -> tuple[int, int] | None:
    """How many subscriptions are confirmed, and how many not yet; None without such a topic. Raises AWS's errors."""
    pages = client("sns", config).get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    arns = call_or_none(
        lambda: [one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]],
        ("NotFound", "NotFoundException"),
    )
    if arns is None:
        return None
    return sum(arn.startswith("arn:") for arn in arns), arns.count("PendingConfirmation")


def has_subscriber(topic_arn: str) -> bool | None:
    """Whether anybody has confirmed a subscription; None if that cannot be read, or there is no such topic."""
    try:
        found = subscriptions(topic_arn, QUICK)
    except (ClientError, BotoCoreError, ResponseParserError, KeyError):
        return None
    return found[0] > 0 if found else None


def publish(topic_arn: str, subject: str, text: str) -> str | None:
    """As `notify`, but it returns an error's code or a phrase instead of raising; None if it worked."""
    try:
        notify(topic_arn, subject, text)
    except UnreadableError as error:
        return str(error)
    except (ClientError, BotoCoreError) as error:
        return error_code(error) or type(error).__name__
    return None
