"""One message on a topic. A topic without a confirmed subscription reaches nobody, and then nothing counts as sent."""

from responder.aws.sns import has_subscriber, publish
from responder.contracts.channel import Failed, NotSent, SendResult, Sent

NO_SUBSCRIBER = "no subscriber"


def publish_to(topic_arn: str, subject: str, text: str, sent: str) -> SendResult:
    """`sent`: where it went, for the timeline. If subscriptions cannot be read, it counts as sent, and we say so."""
    # Subscriptions are read afterwards, so that a topic that hangs costs no extra time.
    if refused := publish(topic_arn, subject, text):
        return Failed(refused)
    known = has_subscriber(topic_arn)
    if known is None:
        return Sent(f"{sent}; who is subscribed could not be read")
    return Sent(sent) if known else NotSent(NO_SUBSCRIBER)
