"""The doctor's checks. Each is a small function that says what it saw, and what people can do."""
