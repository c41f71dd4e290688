"""The contigs and samples of a BAM, and the contigs of a reference."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobkit.errors import InvalidInputError
from seqstack.domain.numbers import whole_number

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class BamHeader:
    """A BAM's header: contig lengths in its order, and samples (SM of @RG)."""

    text: str
    contigs: Mapping[str, int]
    samples: frozenset[str]
    is_sorted: bool


def read_bam_header(bam: Path) -> BamHeader:
    """The header of a complete BAM, read with samtools; raises as `read_sam_header` does."""
    return parse_bam_header(read_sam_header(bam))


def read_sam_header(bam: Path, *more: str) -> str:
    """The header text of a complete BAM or CRAM, read with samtools.

    `more` are options of `samtools quickcheck`; -u accepts a header without contigs.

    Raises:
        InvalidInputError: the file is truncated or not a BAM.
    """
    for argv in (
        ["samtools", "quickcheck", "-v", *more, str(bam)],
        ["samtools", "view", "--no-PG", "-H", str(bam)],
    ):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise InvalidInputError(
                f"{bam.name} is truncated or not a BAM",
                hint="run the alignment again",
                evidence=[*done.stdout.splitlines(), *done.stderr.splitlines()],
            )
    return done.stdout


def parse_bam_header(text: str) -> BamHeader:
    """Read a SAM header (SAM specification 1.3)."""
    contigs: dict[str, int] = {}
    samples: set[str] = set()
    is_sorted = False
    for line in text.splitlines():
        kind, *fields = line.split("\t")
        tags = dict(field.split(":", 1) for field in fields if ":" in field)
        if kind == "@SQ":
            contigs[tags["SN"]] = whole_number(tags["LN"])
        elif kind == "@RG" and "SM" in tags:
            samples.add(tags["SM"])
        elif kind == "@HD":
            is_sorted = tags.get("SO") == "coordinate"
    return BamHeader(text, contigs, frozenset(samples), is_sorted)


def read_fai(path: Path) -> dict[str, int]:
    """Contig lengths of a FASTA index, in its order.

    Raises:
        InvalidInputError: it is not a FASTA index, or an empty one.
    """
    try:
        rows = [line.split("\t") for line in path.read_text().splitlines()]
        contigs = {row[0]: whole_number(row[1]) for row in rows}
    except (IndexError, ValueError) as error:
        raise InvalidInputError(
            f"{path.name} is not a FASTA index", hint="samtools faidx"
        ) from error
    if not contigs:
        raise InvalidInputError(f"{path.name} lists no contigs", hint="samtools faidx")
    return contigs


def require_same_contigs(
    bam: Mapping[str, int], reference: Mapping[str, int], *, both_ways: bool
) -> None:
    """Check that the BAM was aligned to this reference.

    Args:
        bam: contig lengths of the BAM.
        reference: contig lengths of the FASTA.
        both_ways: the reference may not have contigs that the BAM lacks either.

    Raises:
        InvalidInputError: names contigs that differ.
    """
    problems = [
        f"{name} has {length} bases in the BAM, {reference[name]} in the reference"
        if name in reference
        else f"{name} is in the BAM, not in the reference"
        for name, length in bam.items()
        if reference.get(name) != length
    ]
    if both_ways:
        problems += [
            f"{name} is in the reference, not in the BAM" for name in reference.keys() - bam
        ]
    if problems:
        raise InvalidInputError(
            f"the BAM was aligned to another reference: {len(problems)} contigs differ",
            hint="call variants with exactly the FASTA that the reads were aligned to",
            evidence=problems[:_SHOWN],
        )
