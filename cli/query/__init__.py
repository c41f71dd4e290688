"""Queries of a cohort's tables in SQL, by Athena or by DuckDB on this machine."""
