"""What `seqstack doctor` looks at."""
