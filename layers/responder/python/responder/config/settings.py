"""The environment variables that the template sets. No other module reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache

from responder.domain.redact import mask_emails


class SettingMissing(RuntimeError):
    """An environment variable that the template declares is not set."""


@dataclass(frozen=True)
class Settings:
    """One field for each environment variable in template.yaml's Globals, in lower case. A test compares them."""

    stack_name: str
    table_name: str
    bucket_name: str
    queue_url: str
    topic_arn: str
    stakeholder_topic_arn: str
    state_machine_arn: str
    runbook_parameter: str
    stop_parameter: str
    service_flags_parameter: str
    webhook_secret: str
    twinmind_api_key_secret: str
    twinmind_standby_keys_secret: str
    vendor_credentials_secret: str
    page_signing_secret: str
    api_url_parameter: str
    credential_hosts: str
    decide_function: str
    mask_emails: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        missing = [field.name.upper() for field in fields(cls) if not environment.get(field.name.upper())]
        if missing:
            raise SettingMissing(f"not set: {', '.join(missing)} (template.yaml declares them under Globals)")
        return cls(**{field.name: environment[field.name.upper()] for field in fields(cls)})

    @property
    def region(self) -> str:
        return self.state_machine_arn.split(":")[3]


@cache
def settings() -> Settings:
    found = Settings.read(os.environ)
    mask_emails(found.mask_emails == "yes")
    return found


def refuse_aws_from_sam_local() -> None:
    """Raises SettingMissing in a `sam local` container that would use AWS: it has the developer's own credentials."""
    if os.environ.get("AWS_SAM_LOCAL") and not os.environ.get("AWS_ENDPOINT_URL"):
        raise SettingMissing("AWS_ENDPOINT_URL is not set: run it with --config-env sam-local (docs/sam-local.md)")
