"""What a terminal shows: tables, a run's progress, amounts and times for people."""
