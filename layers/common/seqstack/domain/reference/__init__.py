"""References: what a FASTA and an annotation must be, and whether they fit together; all pure."""
