"""What FASTQ files say of themselves, and which of them can be aligned: pure."""
