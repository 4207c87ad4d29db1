"""What runs for a user: the monitor."""
