"""Chaos: many runs through the real stack while faults are injected."""
