"""Adapters to AWS: every boto3 call of the functions is made here."""
