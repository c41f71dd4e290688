"""The tools that fill the steps of a run: one module each."""
