"""moto with the incident table, the parameters and the settings of a function, for tests of less than the workflow."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto import mock_aws

from responder.aws import parameters
from responder.aws.clients import client
from responder.aws.incident_table import IncidentTable
from responder.domain.incident import Incident
from tests.support.inprocess import REGION, SETTINGS, create_table, override_read_once, reset_caches

RUNBOOK_PARAMETER = SETTINGS["RUNBOOK_PARAMETER"]
STOP_PARAMETER = SETTINGS["STOP_PARAMETER"]
API_KEY_SECRET = SETTINGS["TWINMIND_API_KEY_SECRET"]
STANDBY_SECRET = SETTINGS["TWINMIND_STANDBY_KEYS_SECRET"]


@contextmanager
def empty_tables() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        patch.setattr(parameters, "with_override", override_read_once)
        reset_caches()
        create_table(boto3.client("dynamodb", region_name=REGION))
        set_parameter(RUNBOOK_PARAMETER, "{}")
        set_parameter(STOP_PARAMETER, "run")
        yield
        reset_caches()


def set_parameter(name: str, value: str) -> None:
    client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


def keep_incident(incident: Incident) -> Incident:
    return IncidentTable(SETTINGS["TABLE_NAME"]).change(incident.id, lambda _: incident)
