"""What every unit test runs under."""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

# a machine that is busy makes examples slowly, which is no fault of what is tried
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_configure() -> None:
    """Let no collector look through what tests are made of, while it is made."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let what tests leave be collected, and not what they are made of."""
    gc.freeze()
    gc.enable()
