"""The command lines that index a reference's FASTA and targets: pure."""

from pathlib import Path

from seqstack.domain.s3uri import S3Uri


def build_faidx_command(fasta: Path) -> list[str]:
    """The `.fai` beside a FASTA."""
    return ["samtools", "faidx", str(fasta)]


def build_dictionary_command(fasta: Path, uri: S3Uri) -> list[str]:
    """The sequence dictionary to stdout; `uri` is where it says that the FASTA lies."""
    return ["samtools", "dict", "--uri", str(uri), str(fasta)]


def parse_dictionary(text: str) -> dict[str, str]:
    """The M5 of each contig by its name."""
    rows = [line.split("\t") for line in text.splitlines() if line.startswith("@SQ\t")]
    tags = [dict(column.split(":", 1) for column in row[1:]) for row in rows]
    return {row["SN"]: row["M5"] for row in tags}


def build_pack_command(bed: Path) -> list[str]:
    """A file, bgzipped, to stdout."""
    return ["bgzip", "--stdout", str(bed)]


def build_index_command(packed: Path, preset: str) -> list[str]:
    """The `.tbi` beside a bgzipped file; `preset` is its format, `bed` or `vcf`."""
    return ["tabix", "--preset", preset, str(packed)]
