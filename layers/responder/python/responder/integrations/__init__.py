"""One vendor, one folder: everything that knows it."""
