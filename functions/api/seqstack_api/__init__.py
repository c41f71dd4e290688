"""The HTTP API: two faces, our own and GA4GH's WES, on the same use cases."""
