"""The sections of runbook.yaml with the probes' limits, so that probing does no harm."""

from pydantic import Field

from responder.config.base import Section, Url


class Probing(Section):
    rate_limit_share: float = Field(gt=0, le=1)
    timing_calls: int = Field(ge=0, le=5)
    share_seconds: int = Field(ge=0, le=15)


class Infrastructure(Section):
    alarm_prefix: str | None = Field(min_length=1)


class TestTranscription(Section):
    __test__ = False  # pytest takes it for a test

    enabled: bool
    audio_url: Url
    model: str
