"""The contract of each extension point: source, probe, channel, action, pager, metrics source."""
