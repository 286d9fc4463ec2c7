"""The values that all share: alert, incident, finding, diagnosis, timeline. Pure, no I/O."""
