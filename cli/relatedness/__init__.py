"""Who is who in a cohort: samples of one person and relatives, by their fingerprints."""
