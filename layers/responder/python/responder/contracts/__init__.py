"""What an implementation of an extension point promises: source, probe, channel, action, pager."""
