"""Clients of everything but AWS's data plane: HTTP, Kubernetes, ECS, EKS, and the connectivity check."""
