"""The sections of runbook.yaml with the addresses of TwinMind, its pages and our service."""

from pydantic import Field, PositiveInt, model_validator

from responder.config.base import ConfigSection, HeaderName, Path, Url
from responder.config.consumers import Consumer, DeploymentConsumer, EcsConsumer, HookConsumer
from responder.config.metrics import Metrics
from responder.config.platforms import Platform


class TestTranscription(ConfigSection):
    __test__ = False  # otherwise pytest takes this class for a test

    enabled: bool
    audio_url: Url
    model: str


class TwinMind(ConfigSection):
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

    def headers(self, key: str) -> dict[str, str]:
        return {self.auth_header: f"{self.auth_scheme} {key}".strip()}


class Service(ConfigSection):
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
    dashboard_url: Url | None
    platform: Platform

    @property
    def as_consumer(self) -> Consumer | None:
        """The service itself as a consumer of the key; None if no setting says how to restart it."""
        on = self.platform
        if on.kind == "kubernetes":
            return DeploymentConsumer(kind="kubernetes", deployment=on.kubernetes.deployment)
        if on.kind == "ecs":
            return EcsConsumer(kind="ecs", cluster=on.ecs.cluster, service=on.ecs.service)
        if on.kind == "none" or not (self.base_url and self.restart_hook_path):
            return None
        return HookConsumer(
            kind="http",
            base_url=self.base_url,
            restart_hook_path=self.restart_hook_path,
            metrics_path=self.metrics_path,
        )


class Endpoints(ConfigSection):
    twinmind: TwinMind
    status_page_url: Url
    status_page_components: tuple[str, ...]
    dashboard_url: Url
    control_url: Url | None
    service: Service
    consumers: tuple[Consumer, ...] = Field(max_length=20)

    @property
    def key_consumers(self) -> tuple[Consumer, ...]:
        """All consumers that load the key and that we can restart. The service is the first."""
        cluster = self.service.platform.kubernetes
        own = self.service.as_consumer
        found = (own, *self.consumers) if own else self.consumers
        return tuple(one.on(cluster) if isinstance(one, DeploymentConsumer) else one for one in found)

    @model_validator(mode="after")
    def _each_once(self) -> "Endpoints":
        labels = [one.label for one in self.key_consumers]
        if twice := next((label for label in labels if labels.count(label) > 1), None):
            raise ValueError(f"consumers: {twice} is there twice; the service itself is always the first consumer")
        cluster = self.service.platform.kubernetes
        if not (cluster.api_url or cluster.eks_cluster) and any(one.kind == "kubernetes" for one in self.consumers):
            raise ValueError("consumers: a Deployment needs platform.kubernetes.eks_cluster, or api_url")
        return self
