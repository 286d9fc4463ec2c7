"""What people read at length: the incident page and the report."""
