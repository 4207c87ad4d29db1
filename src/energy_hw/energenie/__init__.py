"""Energenie MiHome and the older OOK devices, over an RFM69."""
