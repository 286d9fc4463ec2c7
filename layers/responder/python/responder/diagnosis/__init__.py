"""From findings to a diagnosis: evidence, rules, severity, and whether it is news."""
