"""The sections of runbook.yaml with the addresses of TwinMind, its pages and our service."""

from pydantic import Field, PositiveInt

from responder.config.base import HeaderName, Path, Section, Url
from responder.config.metrics import Metrics
from responder.config.platforms import Platform
from responder.config.probes import TestTranscription


class TwinMind(Section):
    base_url: Url
    health_path: Path
    account_path: Path
    limits_path: Path | None
    transcribe_path: Path
    test_transcription: TestTranscription
    auth_header: HeaderName
    auth_scheme: str = Field(pattern=r"^[!-~]*$")
    rate_limit_header_prefix: str
    key_prefix: str
    key_json_field: str | None


class Service(Section):
    base_url: Url | None
    health_path: Path
    twinmind_health_path: Path
    metrics_path: Path
    metrics: Metrics
    cpu_cores: float = Field(gt=0)
    memory_mib: PositiveInt
    log_group: str | None
    shares_network_with_probes: bool
    restart_hook_path: Path | None
    platform: Platform


class Endpoints(Section):
    twinmind: TwinMind
    status_page_url: Url
    status_page_components: tuple[str, ...]
    dashboard_url: Url
    control_url: Url | None
    service: Service
