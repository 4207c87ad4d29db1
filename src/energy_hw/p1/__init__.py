"""Meters with a P1 port: DSMR, eSMR, eMUCS, SMARTY and HAN-P1, of a dozen countries."""
