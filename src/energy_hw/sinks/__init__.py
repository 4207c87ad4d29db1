"""Where reports go: sinks take them; what leaves the process stands behind the outbox."""
