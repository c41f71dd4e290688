"""The workflows: one module each."""
