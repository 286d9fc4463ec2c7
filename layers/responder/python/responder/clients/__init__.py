"""Clients of HTTP and Kubernetes, how to read their answers, and the connectivity check."""
