"""Quality control: the metrics of a sample, and bounds on them."""
