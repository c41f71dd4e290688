"""The demo exome: a seeded genome, reads and truth, and the measure of what was made of them."""
