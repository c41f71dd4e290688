"""Check FASTQ files before the alignment: pure."""
