"""Compares a run's results with the truth of the exome that it was given."""
