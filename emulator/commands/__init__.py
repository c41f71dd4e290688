"""What `python -m emulator` can do: demo, run and serve."""
