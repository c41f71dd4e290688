"""What a terminal shows of a run: its progress, and its summary."""
