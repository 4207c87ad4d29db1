"""mate3 0.6's `mate3.sunspec`: fields and models."""
