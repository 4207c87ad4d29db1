"""The version: the one place that says it. The C core has it compiled in and is compared at import."""

__version__ = "0.1.0"
