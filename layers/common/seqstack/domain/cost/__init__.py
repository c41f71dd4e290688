"""The cost of a run: hosts' prices per second, and orchestration. All amounts are Decimal."""
