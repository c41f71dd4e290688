"""What a run cost: hosts' prices by the second, and what orchestrating it took. All in Decimal."""
