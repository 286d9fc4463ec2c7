"""Makes requests wait instead of being refused, by the service flag `request_queue` (S-59, S-62, S-72)."""

from responder.actions.overrides.override_action import DesiredValues, OverrideAction
from responder.actions.overrides.service_flags_target import ServiceFlagsTarget
from responder.context import IncidentContext


def _desired(_: IncidentContext) -> DesiredValues:
    return DesiredValues(
        values={"request_queue": True},
        because="what is over the limit waits in the service's own queue instead of being refused",
        effect="Requests that are not urgent are answered later; nothing is lost while the queue holds them.",
    )


ACTION = OverrideAction("queue", ServiceFlagsTarget, _desired)
