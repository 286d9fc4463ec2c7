"""What to do next: pure decisions on the state of an incident and the clock."""
