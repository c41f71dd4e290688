"""The demo's sample: a simulated exome, and how well a run has found the variants planted in it."""
