"""Simulated parts: an RFM69 at register level, the air, and the devices of a house."""
