"""List prices of AWS in us-east-1 in US dollars, without free tiers and discounts, as published in November 2025.

They are typed in by hand: compare them with https://aws.amazon.com/pricing/ before you decide anything by them.
"""

AS_OF = "November 2025"

TRANSITION = 0.025 / 1_000  # Step Functions, Standard
GB_SECOND = 0.0000133334  # Lambda, arm64
INVOCATION = 0.20 / 1_000_000
WRITE_UNIT = 0.625 / 1_000_000  # DynamoDB on demand: 1 KB
READ_UNIT = 0.125 / 1_000_000  # 4 KB, consistent
LOG_GB = 0.50  # CloudWatch Logs, taken in
TRACE = 5.00 / 1_000_000  # X-Ray, recorded
METRIC_READ = 0.01 / 1_000  # CloudWatch: a metric of GetMetricData, or another call
# Services whose calls are billed one by one; the others that we call (IAM, STS, SSM standard parameters, …) are free.
CALLS = {
    "secretsmanager": 0.05 / 10_000,
    "sns": 0.50 / 1_000_000,
    "sqs": 0.50 / 1_000_000,
    "s3": 0.005 / 1_000,
    "cloudwatch": METRIC_READ,
}
