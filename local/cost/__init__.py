"""What incidents cost on AWS: counted in simulated hours of the real machine, times list prices."""
