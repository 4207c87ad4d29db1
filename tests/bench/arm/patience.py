"""A pytest plug-in for emulated processors: Hypothesis tries fewer examples and has no deadline."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "patient", deadline=None, max_examples=20, suppress_health_check=list(HealthCheck), derandomize=True
)
settings.load_profile("patient")
