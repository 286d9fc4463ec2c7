"""Makes a diagnosis from findings: evidence, rules and severity."""
