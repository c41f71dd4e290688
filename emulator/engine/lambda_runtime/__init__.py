"""Lambda on one machine: AWS's runtime client in worker processes, a Runtime API, a pool each."""
