"""The report bucket."""

from responder.aws.clients import client


def store(bucket: str, key: str, text: str, content_type: str) -> None:
    """Writes the object, and replaces an existing one."""
    client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType=content_type)
