"""Benchmarks: each compares two measurements of the same run."""
