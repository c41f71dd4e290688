"""Measurements, which CI does not run: they need a quiet machine."""
