"""The entries of endpoints.consumers: what else loads the key. The service of endpoints.service is always the first."""

from typing import Annotated, Literal

from pydantic import Field

from responder.config.base import ConfigSection, Path, Url, looks_like
from responder.config.platforms import Ecs, Kubernetes, Name

FunctionName = Annotated[
    str,
    looks_like(
        r"([a-zA-Z0-9_-]{1,64}|arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[a-zA-Z0-9_-]{1,64})",
        "a Lambda function's name or ARN, without a version or alias",
    ),
]


class _Consumer(ConfigSection):
    """`health_url`: succeeds only while the consumer's key works. After a restart it must succeed twice in a row."""

    health_url: Url | None = None


class DeploymentConsumer(_Consumer):
    """A Deployment in the cluster of platform.kubernetes. `namespace` and `secret_field`, if null, are as there. If
    `secret` is null, `secret` and `external_secret` are as there too.
    """

    kind: Literal["kubernetes"]
    deployment: Name
    namespace: Name | None = None
    secret: Name | None = None
    secret_field: str | None = Field(default=None, pattern=r"^[-._a-zA-Z0-9]+$")
    external_secret: Name | None = None

    @property
    def label(self) -> str:
        return f"Deployment {self.namespace}/{self.deployment}"

    def on(self, cluster: Kubernetes) -> "DeploymentConsumer":
        """This consumer with the null fields filled in from `cluster`."""
        secrets = ("secret", "secret_field", "external_secret") if self.secret is None else ("secret_field",)
        unset = [name for name in ("namespace", *secrets) if getattr(self, name) is None]
        return self.model_copy(update={name: getattr(cluster, name) for name in unset})


class EcsConsumer(_Consumer, Ecs):
    kind: Literal["ecs"]
    cluster: str

    @property
    def label(self) -> str:
        return f"ECS service {self.cluster}/{self.service}"


class FunctionConsumer(_Consumer):
    kind: Literal["lambda"]
    function: FunctionName

    @property
    def label(self) -> str:
        return f"Lambda function {self.function.rsplit(':', 1)[-1]}"


class HookConsumer(_Consumer):
    """`metrics_path`: where its start time can be read. If it is null, the hook's answer alone counts."""

    kind: Literal["http"]
    base_url: Url
    restart_hook_path: Path
    metrics_path: Path | None = None

    @property
    def label(self) -> str:
        return f"{self.base_url}{self.restart_hook_path}"


Consumer = Annotated[DeploymentConsumer | EcsConsumer | FunctionConsumer | HookConsumer, Field(discriminator="kind")]
