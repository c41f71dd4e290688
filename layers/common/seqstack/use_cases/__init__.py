"""Use cases of the functions: the domain's rules applied to the ledger, AWS Batch and S3."""
