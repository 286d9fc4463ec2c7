"""The cost of incidents on AWS: calls in simulated hours of the real machine, times list prices."""
