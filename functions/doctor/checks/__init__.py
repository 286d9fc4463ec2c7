"""The doctor's checks: one small function each, with a name, what it saw, and what to do."""
