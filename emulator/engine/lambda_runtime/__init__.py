"""Lambda on one machine: a pool of workers for each function, with AWS's runtime client."""
