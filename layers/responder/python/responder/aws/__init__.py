"""AWS, one file per service or table: the only package that imports botocore."""
