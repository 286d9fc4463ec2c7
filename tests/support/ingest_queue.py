"""The ingest queue as AWS runs it: what failed comes again at once, and after five times goes to the dead letters."""

import json
from typing import Any

from tests.support import deliveries
from tests.support.inprocess import ACCOUNT, REGION, SETTINGS, Cloud

MOST_RECEIVES = 5
DEAD = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/dead.fifo"


def with_dead_letters(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    sqs.create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})
    target = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead.fifo", "maxReceiveCount": MOST_RECEIVES}
    sqs.set_queue_attributes(QueueUrl=SETTINGS["QUEUE_URL"], Attributes={"RedrivePolicy": json.dumps(target)})


def pump(cloud: Cloud) -> int:
    """One batch through route_alert; how many of it failed. What the function raises fails the whole batch."""
    sqs, url = cloud.client("sqs"), SETTINGS["QUEUE_URL"]
    given = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=5, AttributeNames=["All"], VisibilityTimeout=60)
    messages = given.get("Messages", [])
    if not messages:
        return 0
    answer = cloud.invoke("route_alert", {"Records": [cloud.record_of(message) for message in messages]})
    failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
    for message in messages:
        handle = message["ReceiptHandle"]
        if message["MessageId"] in failed:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    return len(failed)


def waiting(cloud: Cloud, url: str = SETTINGS["QUEUE_URL"]) -> int:
    found = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


def send_until_taken(cloud: Cloud, source: str, body: dict[str, Any], *, tries: int = 6) -> list[int]:
    """As a vendor does it: again on 5xx. Each 202 was for something that is on the queue."""
    statuses: list[int] = []
    raw, headers = deliveries.signed(source, body)
    while 202 not in statuses and len(statuses) < tries:
        before = waiting(cloud)
        statuses.append(cloud.receive(source, raw, headers)[0])
        assert (statuses[-1] == 202) == (waiting(cloud) == before + 1)
    return statuses
