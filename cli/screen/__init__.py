"""Output on a terminal: tables, a run's progress, amounts and times."""
