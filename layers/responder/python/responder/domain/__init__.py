"""The shared values: alert, incident, finding, diagnosis, timeline. Pure, no I/O."""
