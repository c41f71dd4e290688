"""Makes the demo's exome: a seeded genome, reads, and the truth of what is planted in them."""
