"""Clients of what is not AWS's data plane: HTTP, Kubernetes, ECS, EKS, and the connectivity check."""
