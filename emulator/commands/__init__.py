"""Commands of `python -m emulator`: demo, run and serve."""
