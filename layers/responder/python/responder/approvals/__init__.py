"""Human tasks: asking for an approval, and recording the decision."""
