"""Chaos: many runs through the real stack while everything around them goes wrong."""
