"""What every unit test runs under."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# a machine that is busy makes examples slowly, which is no fault of what is tried
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
