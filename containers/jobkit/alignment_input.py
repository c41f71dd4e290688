"""BAM and CRAM files as a job's reads: fetched, checked, and the commands that read them."""

import argparse
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobkit.alignment_checks import ReadCounts, count_reads_of
from jobkit.contigs import read_sam_header
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolFailedError
from jobkit.job import Job
from jobkit.logs import LOG
from jobkit.read_groups import read_groups
from jobkit.reference import plain_fasta
from seqstack.domain.reads.alignment_file import FASTQ_BYTES, SINGLE_READS, AlignmentFormat
from seqstack.domain.reads.cram_start import CRAM_MAGIC
from seqstack.domain.reads.sam_header import GivenReadGroup, SamHeader
from seqstack.domain.s3uri import S3Uri

_FOLDER = "reads"
_SHOWN = 5
_LEAST_BUCKETS, _MOST_BUCKETS = 64, 500  # samtools' own number; files that may be open at once
_BUCKET_BYTES = 128 << 20
_UNPACKED = 4  # bytes of records in memory for each byte of BAM
_SECONDARY_SUPPLEMENTARY_FAILED = "0xb00"

# Without it, htslib asks a server for the reference of a CRAM that it does not find here.
NO_SERVER = {"REF_PATH": "/nonexistent"}


@dataclass(frozen=True, slots=True)
class GivenAlignment:
    """A file of reads in scratch.

    Attributes:
        path: BAM or CRAM.
        format: which of them.
        groups: the @RG lines of the result, by id.
        default_group: the id for reads that name none; empty if they must.
        counts: its reads; those that failed the sequencer's filter are counted apart.
    """

    path: Path
    format: AlignmentFormat
    groups: dict[str, str]
    default_group: str
    counts: ReadCounts

    @property
    def libraries(self) -> dict[str, str]:
        """The library of each read group; empty if its line names none."""
        return {name: GivenReadGroup.parse(line).library for name, line in self.groups.items()}

    @property
    def buckets(self) -> int:
        """Files over which `samtools collate` spreads the reads; it holds one in memory."""
        size = self.path.stat().st_size * FASTQ_BYTES[self.format]
        return max(_LEAST_BUCKETS, min(_MOST_BUCKETS, math.ceil(size / _BUCKET_BYTES)))

    @property
    def collate_bytes(self) -> int:
        """Memory that `samtools collate` needs."""
        size = self.path.stat().st_size * FASTQ_BYTES[self.format]
        return math.ceil(size * _UNPACKED / self.buckets)


def stage_alignments(
    job: Job, uris: Sequence[S3Uri], fasta: Path
) -> tuple[list[GivenAlignment], Path]:
    """Fetch the files, count their reads, and read their read groups; gives the FASTA for CRAM.

    Raises:
        InvalidInputError: a file is cut off or no BAM or CRAM, holds no pairs, or they are of
            several samples.
    """
    folder = job.scratch / _FOLDER
    paths = {uri: folder / str(number) / uri.name for number, uri in enumerate(uris, start=1)}
    job.stage_in(paths, grows=max(map(_grows, uris)), sums=True)
    formats = [_format_of(path) for path in paths.values()]
    if AlignmentFormat.CRAM in formats:
        fasta = plain_fasta(fasta, folder)
    headers = [_read_header(path, fasta) for path in paths.values()]
    _require_one_sample(job, headers)
    made = read_groups(job.options.sample_id, [""] * len(paths))
    given = []
    for path, kind, header, own in zip(paths.values(), formats, headers, made, strict=True):
        groups = {
            group.id: group.header_line(job.options.sample_id) for group in header.groups
        } or {own.id: own.header_line("\t")}
        default = next(iter(groups)) if len(groups) == 1 else ""
        counts = _count(job, path)
        given.append(GivenAlignment(path, kind, groups, default, counts))
    _require_groups_apart(given)
    return given, fasta


def build_collate_command(
    given: GivenAlignment, fasta: Path, scratch: Path, *, threads: int
) -> list[str]:
    """The file's records by name, uncompressed, to stdout."""
    path = given.path.relative_to(scratch)
    reference = ("--reference", str(fasta.relative_to(scratch)))
    return [
        *("samtools", "collate", "-O", "-u", "--no-PG", "-@", str(threads - 1)),
        *("-n", str(given.buckets)),
        *(reference if given.format is AlignmentFormat.CRAM else ()),
        *(str(path), f"{path.parent}/collate"),
    ]


def build_fastq_command() -> list[str]:
    """Records by name to FASTQ, mates after each other; names get /1 and /2, and the RG tag."""
    return ["samtools", "fastq", "-N", "-T", "RG", "-F", _SECONDARY_SUPPLEMENTARY_FAILED, "-"]


def damaged(path: Path, error: ToolFailedError | InvalidOutputError) -> InvalidInputError:
    """The error for a file that a program could not read."""
    return InvalidInputError(
        f"{path.name} can't be read to its end",
        hint="upload it again if it is cut off or damaged; if it is a CRAM, give the FASTA that it "
        "was made with as readsReferenceS3Path",
        evidence=error.evidence,
    )


def _grows(uri: S3Uri) -> float:
    is_cram = uri.name.endswith(".cram")
    return FASTQ_BYTES[AlignmentFormat.CRAM if is_cram else AlignmentFormat.BAM]


def _format_of(path: Path) -> AlignmentFormat:
    with path.open("rb") as file:
        is_cram = file.read(len(CRAM_MAGIC)) == CRAM_MAGIC
    return AlignmentFormat.CRAM if is_cram else AlignmentFormat.BAM


def _read_header(path: Path, fasta: Path) -> SamHeader:
    try:
        text = read_sam_header(path, "-u")
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{path.name} is cut off, or no BAM or CRAM",
            hint="upload it again",
            evidence=error.evidence,
        ) from error
    header = SamHeader.parse(text)
    LOG.info("%s has %d read groups; CRAM is read by %s", path.name, len(header.groups), fasta.name)
    return header


def _count(job: Job, path: Path) -> ReadCounts:
    try:
        counts = count_reads_of(job, path, env={**os.environ, **NO_SERVER})
    except InvalidOutputError as error:
        raise damaged(path, error) from error
    except ToolFailedError as error:
        if error.returncode < 0:  # killed
            raise
        raise damaged(path, error) from error
    if not counts.paired:
        raise InvalidInputError(f"{path.name} {SINGLE_READS.problem}", hint=SINGLE_READS.hint)
    return counts


def _require_one_sample(job: Job, headers: Sequence[SamHeader]) -> None:
    samples = frozenset[str]().union(*(header.samples for header in headers))
    if len(samples) > 1:
        raise InvalidInputError(
            f"the reads are of {len(samples)} samples, by SM of their read groups: "
            f"{', '.join(sorted(samples)[:_SHOWN])}",
            hint="`samtools view -r ID` takes one read group out of a file",
        )
    if samples and samples != {job.options.sample_id}:
        LOG.info("the reads are of sample %s; the result names %s", *samples, job.options.sample_id)


def _require_groups_apart(given: Sequence[GivenAlignment]) -> None:
    lines: dict[str, str] = {}
    for each in given:
        for name, line in each.groups.items():
            if lines.setdefault(name, line) != line:
                raise InvalidInputError(
                    f"{each.path.name} has another read group {name!r} than an earlier file",
                    hint="`samtools addreplacerg` gives it another id",
                )


def staged_fasta(job: Job, args: argparse.Namespace, own: Path) -> Path:
    """The FASTA that CRAM was made with: the job's argument, or `own`."""
    uri: S3Uri | None = args.reads_reference_s3_path
    if uri is None:
        return own
    folder = job.scratch / "reads-reference"
    job.stage_reference([uri, uri.with_suffix(".fai")], folder)
    return folder / uri.name
