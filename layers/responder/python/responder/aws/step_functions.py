"""Starts, reads and resumes executions of the state machine."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import call_or_none, client, error_code
from responder.aws.incident_table import IncidentTable, WriteConflict

EXISTS = ("ExecutionAlreadyExists",)
ABSENT = ("ExecutionDoesNotExist",)
# The waiting state is over. That does not matter: the next iteration reads the stored state anyway.
GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
# This output leads from any waiting state to CheckRecovery, which decides by the stored state.
CHECK = {"next": "check_recovery"}


def execution_name(incident_id: str, execution_number: int) -> str:
    return f"{incident_id}-{execution_number}"


def execution_arn(machine_arn: str, name: str) -> str:
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def ensure_running(table: IncidentTable, machine_arn: str, incident_id: str) -> tuple[str, bool]:
    """Starts the incident's execution, unless it runs. If the last one has ended, it starts the next number.

    Returns its ARN, and whether this call started it. Raises WriteConflict.
    Safe to repeat: its name follows from its number, which changes by a conditional update.
    """
    for _ in range(5):
        execution_number = table.get(incident_id).execution_number
        if execution_number == 0:
            table.next_execution(incident_id, 0)
            continue
        arn = execution_arn(machine_arn, execution_name(incident_id, execution_number))
        if _start(machine_arn, incident_id, execution_number):
            return arn, True
        if status_of(arn) in ("RUNNING", "PENDING_REDRIVE"):
            return arn, False
        table.next_execution(incident_id, execution_number)
    raise WriteConflict(f"the execution of {incident_id} kept ending while it was being started")


def _start(machine_arn: str, incident_id: str, execution_number: int) -> bool:
    """True if this call started the execution; False if one of this name runs or has ended."""
    execution = {
        "stateMachineArn": machine_arn,
        "name": execution_name(incident_id, execution_number),
        "input": json.dumps({"incident_id": incident_id, "execution_number": execution_number}),
    }
    return call_or_none(lambda: client("stepfunctions").start_execution(**execution), EXISTS) is not None


def status_of(arn: str) -> str:
    """AWS's RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE; ABSENT if there is no execution."""
    found = call_or_none(lambda: client("stepfunctions").describe_execution(executionArn=arn), ABSENT)
    return str(found["status"]) if found else "ABSENT"


def answer(token: str, output: Mapping[str, Any]) -> bool:
    """Ends a waiting state with this output; False if it has ended already."""
    success = {"taskToken": token, "output": json.dumps(output)}
    return call_or_none(lambda: client("stepfunctions").send_task_success(**success), GONE) is not None


def resume(token: str) -> bool:
    """Makes a waiting execution check the incident now. False if it does not wait or AWS fails: it polls anyway."""
    try:
        return answer(token, CHECK)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or "Throttl" in error_code(error):
            return False
        raise
    except BotoCoreError:
        return False


def wake(table: IncidentTable, incident_id: str) -> None:
    """Counts one event. If an execution waits, it checks the incident now."""
    if token := table.count_event(incident_id):
        resume(token)
