"""`seqstack ui`: the stack's runs as pages in the browser of this machine."""
