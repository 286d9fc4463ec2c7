"""Clients for the local cloud, always with made-up credentials."""

from typing import Any

import boto3

from local.paths import REGION


def client(service: str, endpoint: str) -> Any:
    session: Any = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    return session.client(service, endpoint_url=endpoint)
