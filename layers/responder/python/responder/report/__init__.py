"""The long texts: the incident page and the report."""
