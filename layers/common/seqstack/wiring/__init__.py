"""Makes what handlers use: adapters and use cases, from a function's settings.

A module for each group of functions: a cold start loads only what its function needs.
"""
