"""Look at the beginning and the end of each BAM or CRAM file before anything is submitted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from seqstack.domain.checked_run import CheckedRun
from seqstack.domain.errors import Problem
from seqstack.domain.inputs_read import ObjectRead
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.reads.alignment_file import (
    FASTQ_BYTES,
    AlignmentFile,
    AlignmentFormat,
    look_at_alignment,
)
from seqstack.domain.reads.fastq_file import FileBlocks
from seqstack.domain.reads.sam_header import SamHeader
from seqstack.domain.reads.umis import umis_not_used
from seqstack.domain.reference.first_look import read_index
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.use_cases.ports import ReadBlocks, ReadStart

_PATH = re.compile(r"\$\.readsS3Path(\[[0-9]+\])?")
_INDEX_BYTES = 4 << 20
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class AlignmentsLook:
    """What was found of BAM and CRAM files.

    Attributes:
        problems: what is wrong.
        warnings: what is only suspicious.
        sizes: the bytes of gzipped FASTQ that need as much scratch as each file.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[StepWarning, ...]
    sizes: Mapping[S3Uri, int]


@dataclass(frozen=True, slots=True)
class _Given:
    read: ObjectRead
    file: AlignmentFile

    def problem(self, text: str, hint: str) -> Problem:
        return Problem(self.read.path, f"{self.read.uri} {text}; {hint}")


def look_at_alignments(
    checked: CheckedRun, found: ObjectsFound, read_blocks: ReadBlocks, read_start: ReadStart
) -> AlignmentsLook:
    """Look at the files of `$.readsS3Path`; missing ones were reported before."""
    reads = [
        item
        for item in checked.objects_read()
        if _PATH.fullmatch(item.path) and item.uri in found.sizes
    ]
    blocks = read_blocks({item.uri: found.sizes[item.uri] for item in reads})
    unreadable = [
        Problem(item.path, f"{item.uri} {block}; let the stack's functions read it")
        for item in reads
        if isinstance(block := blocks[item.uri], str)
    ]
    given = [
        _Given(item, look_at_alignment(block))
        for item in reads
        if isinstance(block := blocks[item.uri], FileBlocks)
    ]
    sample = checked.sound.get("sampleId", "")
    return AlignmentsLook(
        (
            *unreadable,
            *(one.problem(fault.problem, fault.hint) for one in given if (fault := one.file.fault)),
            *_given_twice(given, found),
            *_mixed_groups(given),
            *_other_contigs(given, _reference_of(checked), found, read_start),
        ),
        (
            *_other_samples(given, sample),
            *umis_not_used([one.read.uri for one in given if one.file.has_umis]),
        ),
        {
            one.read.uri: int(found.sizes[one.read.uri] * FASTQ_BYTES[one.file.format])
            for one in given
            if one.file.format
        },
    )


def _headers(given: list[_Given]) -> Iterator[tuple[_Given, SamHeader]]:
    for one in given:
        if one.file.header and not one.file.fault:
            yield one, one.file.header


def _given_twice(given: list[_Given], found: ObjectsFound) -> Iterator[Problem]:
    """Yield files with the content, or with the first reads, of an earlier one."""
    reported: set[S3Uri] = set()
    for one, other in combinations(given, 2):
        uris = (one.read.uri, other.read.uri)
        if uris[0] == uris[1] or uris[1] in reported:
            continue
        is_same = len({found.etags.get(uri, str(uri)) for uri in uris}) == 1
        if is_same or other.file.has_reads_of(one.file):
            reported.add(uris[1])
            what = "is the same as" if is_same else "begins with the same reads as"
            yield other.problem(f"{what} {uris[0]}", "give each read once")


def _mixed_groups(given: list[_Given]) -> Iterator[Problem]:
    """Yield read groups of several samples, and those of one id that differ."""
    lines: dict[str, tuple[str, S3Uri]] = {}
    samples: set[str] = set()
    for one, header in _headers(given):
        samples |= header.samples
        for group in header.groups:
            line, other = lines.setdefault(group.id, (group.line, one.read.uri))
            if line != group.line:
                yield one.problem(
                    f"has another read group {group.id!r} than {other}",
                    "`samtools addreplacerg` gives it another id",
                )
    if len(samples) > 1:
        named = ", ".join(sorted(samples)[:_SHOWN])
        yield Problem(
            "$.readsS3Path",
            f"holds reads of {len(samples)} samples ({named}), by SM of its read groups, and a run "
            "is of one; `samtools view -r ID` takes one read group out of a file",
        )


def _other_samples(given: list[_Given], sample: str) -> Iterator[StepWarning]:
    for one, header in _headers(given):
        for other in sorted(header.samples - {sample}):
            yield StepWarning(
                "otherSampleName",
                f"{one.read.uri} is of the sample {other!r}, by SM of its read groups, and the run "
                f"of {sample!r}; the results name {sample!r}",
            )


def _reference_of(checked: CheckedRun) -> S3Uri | None:
    """The FASTA that CRAM is decoded by."""
    for key in ("readsReferenceS3Path", "referenceS3Path"):
        if key in checked.sound:
            return S3Uri.parse(checked.sound[key])
    return None


def _other_contigs(
    given: list[_Given], reference: S3Uri | None, found: ObjectsFound, read_start: ReadStart
) -> Iterator[Problem]:
    """Yield CRAM files made with another FASTA than the one that they are to be decoded by."""
    crams = [pair for pair in _headers(given) if pair[0].file.format is AlignmentFormat.CRAM]
    fai = reference.with_suffix(".fai") if reference else None
    if not crams or fai is None or not 0 < found.sizes.get(fai, 0) <= _INDEX_BYTES:
        return
    lengths = {
        contig.name: contig.length for contig in read_index(read_start(fai, _INDEX_BYTES) or b"")[0]
    }
    for one, header in crams:
        wrong = [name for name, length in header.contigs.items() if lengths.get(name) != length]
        if lengths and wrong:
            yield one.problem(
                f"was made with another FASTA than {reference}: {len(wrong)} of its contigs have "
                f"another length there or are absent ({', '.join(wrong[:_SHOWN])})",
                "give the FASTA that it was made with as readsReferenceS3Path",
            )
