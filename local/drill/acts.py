"""What the world and people do while a drill runs."""

import json
from typing import Any

from local.drill.outside import Stack
from local.drill.scenario import Act

Json = dict[str, Any]


def change_world(after_state: str, says: str, change: Json) -> Act:
    return Act(after_state, says, lambda stack, _: stack.change_world(change))


def throw_stop_switch(after_state: str) -> Act:
    says = "somebody throws the stop switch"
    return Act(after_state, says, lambda stack, _: stack.set_parameter("stop_parameter", "stop"))


def stage_key(after_state: str, label: str) -> Act:
    """A person puts the key that the world knows as `label` on the list of standby keys."""

    def stage(stack: Stack, _: str) -> None:
        store, secret_id = stack.aws("secretsmanager"), stack.facts["secrets"]["twinmind_standby_keys"]
        staged = json.loads(store.get_secret_value(SecretId=secret_id)["SecretString"])["keys"]
        keys = [*staged, stack.world()["twinmind"]["keys"][label]["key"]]
        store.put_secret_value(SecretId=secret_id, SecretString=json.dumps({"keys": keys}))

    return Act(after_state, f"a person stages {label}", stage)
