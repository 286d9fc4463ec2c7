"""What every webhook has in common: the request, JSON, times, identity, priority, token."""
