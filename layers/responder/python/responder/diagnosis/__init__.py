"""From findings to a diagnosis: evidence, rules, severity, and whether the result is new."""
