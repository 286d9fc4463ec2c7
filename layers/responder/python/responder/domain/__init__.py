"""What the rest speaks of: alert, incident, finding, diagnosis, timeline. Pure, no I/O."""
