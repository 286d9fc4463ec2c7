"""Everything that talks to the outside: the only package that imports boto3 and httpx."""
