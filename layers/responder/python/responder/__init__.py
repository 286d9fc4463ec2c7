"""The on-call engineer's first responder for incidents of the TwinMind integration."""
