"""Human tasks: asks people for an approval, and records their decision."""
