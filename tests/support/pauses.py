"""Pauses between calls to a vendor take no time in a test: the vendor's clock goes on by as much instead.

Loops that wait for what another thread does (leases, shared probe runs) wait as they are. A test that asks how long the
product would have waited replaces `time.sleep` itself.
"""

import sys
import time

import pytest

from tests.support.inprocess import Cloud

BETWEEN_CALLS = {
    "botocore.endpoint",  # before it repeats a request
    "responder.notifications.delivery",
    "responder.integrations.opsgenie.client",
    "responder.integrations.statuspage.client",
}


def skip_pauses(patch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    real, passed = time.sleep, 0.0

    def sleep(seconds: float) -> None:
        nonlocal passed
        if sys._getframe(1).f_globals["__name__"] in BETWEEN_CALLS:
            passed += seconds
        else:
            real(seconds)

    patch.setattr(time, "sleep", sleep)
    cloud.sandbox.world.clock = lambda: time.time() + passed
