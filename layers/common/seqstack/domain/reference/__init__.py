"""Checks of FASTA files and annotations, and of whether they fit together; all pure."""
