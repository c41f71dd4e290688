"""The HTTP API: our own interface and GA4GH's WES, with the same use cases."""
