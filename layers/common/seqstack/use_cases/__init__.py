"""What each function does: the domain's rules played over the ledger, AWS Batch and S3."""
