"""The section of runbook.yaml about the platform on which the service runs."""

import base64
import binascii
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.functional_validators import AfterValidator

from responder.config.base import ConfigSection, Minutes, Seconds, Url

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]  # RFC 1123, as Kubernetes requires


def _holds_certificates(value: str) -> str:
    try:
        text = base64.b64decode("".join(value.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64; take certificate-authority-data as it stands in a kubeconfig") from error
    if b"-----BEGIN CERTIFICATE-----" not in text:
        raise ValueError("is base64, but of no PEM certificate")
    return value


CaData = Annotated[str, AfterValidator(_holds_certificates)]


class Kubernetes(ConfigSection):
    api_url: Url | None
    ca_data: CaData | None
    eks_cluster: Annotated[str, Field(pattern=r"^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$")] | None
    namespace: Name
    deployment: Name
    container: Name | None
    selector: str = Field(min_length=1)
    secret: Name
    secret_field: str = Field(pattern=r"^[-._a-zA-Z0-9]+$")
    external_secret: Name | None
    hpa: Name | None


class Ecs(ConfigSection):
    cluster: str | None
    service: str


class Platform(ConfigSection):
    """`kind` says which of the sections below is used."""

    kind: Literal["kubernetes", "ecs", "http", "none"]
    restart_deadline_seconds: Seconds
    suspect_deployment_minutes: Minutes
    kubernetes: Kubernetes
    ecs: Ecs

    @model_validator(mode="after")
    def _reachable(self) -> "Platform":
        if self.kind == "kubernetes" and not (self.kubernetes.api_url or self.kubernetes.eks_cluster):
            raise ValueError("platform.kubernetes needs eks_cluster, or api_url")
        if self.kind == "ecs" and not self.ecs.cluster:
            raise ValueError("platform.ecs needs cluster")
        return self
