"""Permissions of functions: each of their AWS calls is checked against their role's policies."""
