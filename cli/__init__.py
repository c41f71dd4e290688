"""The `seqstack` command: a client of the stack's HTTP API."""
