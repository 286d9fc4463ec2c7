"""AWS, one file a service or a table: the only package that imports boto3."""
