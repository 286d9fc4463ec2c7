"""The next step of an incident: pure decisions on its state and the clock."""
