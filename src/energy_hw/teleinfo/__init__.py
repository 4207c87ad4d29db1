"""French Teleinfo (TIC) meters, historique and standard."""
