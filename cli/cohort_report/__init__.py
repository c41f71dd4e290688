"""The report of a cohort: a table of its samples for programs, and a page for people."""
