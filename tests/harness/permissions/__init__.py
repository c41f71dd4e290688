"""What functions may do: each of their AWS calls, held against their own role's policies."""
