"""Builds the adapters and use cases of handlers from a function's settings.

One module for each group of functions, so that a cold start loads only what is needed.
"""
