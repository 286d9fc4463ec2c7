"""Common code of webhooks: the request, JSON, times, identity, priority, token."""
