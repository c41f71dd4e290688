"""AWS Batch on one machine: jobs are scheduled, run, retried and timed out as in Batch."""
