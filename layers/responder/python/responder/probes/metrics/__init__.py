"""The sources of `service_metrics`, one file each: docs/metrics.md."""
