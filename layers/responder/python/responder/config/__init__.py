"""The settings of a deployment: runbook.yaml, its typed form, and the environment variables."""
