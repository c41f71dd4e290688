"""Faults on demand: functions that die at a chosen AWS call, and AWS calls that are throttled."""
