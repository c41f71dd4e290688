"""The workflows that runs are taken through: one module each."""
