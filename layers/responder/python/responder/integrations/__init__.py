"""One folder per vendor, with all code that knows it."""
