"""The reads of a job that aligns them: lanes of FASTQ files, or BAM and CRAM files."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jobkit.alignment_feed import AlignmentFeed
from jobkit.alignment_input import stage_alignments, staged_fasta
from jobkit.errors import UsageError
from jobkit.fastq import first_header
from jobkit.job import Job
from jobkit.lanes import stage_lanes
from jobkit.pair_feed import PairFeed
from jobkit.part_reader import PartReader
from jobkit.parts import part_readers
from jobkit.processes import ProcessGroup
from jobkit.read_groups import ReadGroup, read_groups
from jobkit.streaming_aligner import StreamingAligner
from jobkit.trimmed_feed import TrimmedFeed
from jobkit.trimming import MEMORY_BYTES, Trimming
from seqstack.domain.reads.parts import Part
from seqstack.domain.scratch import scratch_share

type Feed = PairFeed | TrimmedFeed | AlignmentFeed


@dataclass(frozen=True, slots=True)
class Source:
    """Reads that are aligned at once: a lane's FASTQ files, or a BAM or CRAM file.

    Attributes:
        open: begins to feed them.
        size: the bytes as they are stored, of files or the part of them; the reads of an alignment.
        streams: how many files the aligner sees.
        group: the read group of all; None if each read brings its own.
        keeps_tags: whether the reads' headers have SAM tags.
        part: the part of them that is aligned; None for all.
    """

    open: Callable[[ProcessGroup], Feed]
    size: int
    streams: int
    group: ReadGroup | None
    keeps_tags: bool = False
    part: PartReader | None = None

    @property
    def is_read(self) -> bool:
        """False for a lane that the part has nothing of."""
        return self.part is None or self.part.is_touched


@dataclass(frozen=True, slots=True)
class Input:
    """All reads of a job, the @RG lines of the result, and memory that feeding them takes.

    `failed` reads did not pass the sequencer's filter, and are left out. Duplicates have the same
    value of the tag `duplicates_share`, if there is one: the UMI (RX) or the library (LB).
    """

    sources: tuple[Source, ...]
    groups: Mapping[str, str]
    memory_bytes: int = 0
    failed: int = 0
    duplicates_share: str = ""


def lanes_input(
    job: Job, args: argparse.Namespace, aligner: StreamingAligner, trimming: Trimming | None
) -> Input:
    """Fetch the lanes of the arguments' FASTQ files."""
    part: Part | None = args.part
    paths = stage_lanes(job, args, grows=scratch_share(job.tool, part.count) if part else 1.0)
    groups = read_groups(job.options.sample_id, [first_header(pair[0]) for pair in paths])
    lines = {group.id: group.header_line("\t") for group in groups}
    sizes = [sum(path.stat().st_size for path in pair) for pair in paths]
    if trimming:
        sources = [
            Source(
                partial(TrimmedFeed, paths=pair, trimming=trimming, lane=lane),
                size,
                1,
                group,
                trimming.has_umis,
            )
            for lane, (pair, size, group) in enumerate(zip(paths, sizes, groups, strict=True), 1)
        ]
        shared = "RX" if trimming.has_umis else ""
        return Input(tuple(sources), lines, MEMORY_BYTES, duplicates_share=shared)
    readers = (
        part_readers(
            paths,
            part,
            aligner.batch_bases(job.options.cmd_args),
            is_padded=aligner.counts_pairs,
        )
        if part
        else [None] * len(paths)
    )
    return Input(
        tuple(
            Source(
                partial(PairFeed, paths=pair, part=reader),
                reader.size if reader else size,
                len(pair),
                group,
                part=reader,
            )
            for pair, size, group, reader in zip(paths, sizes, groups, readers, strict=True)
        ),
        lines,
    )


def alignment_input(job: Job, args: argparse.Namespace, own: Path) -> Input:
    """Fetch the BAM or CRAM files of the arguments; `own` is the run's FASTA."""
    if args.fastq1_s3_path or args.fastq2_s3_path:
        raise UsageError("FASTQ files and --reads_s3_path are both given", hint="give one of them")
    given, fasta = stage_alignments(job, args.reads_s3_path, staged_fasta(job, args, own))
    has_libraries = len({library for each in given for library in each.libraries.values()}) > 1
    feed = partial(
        AlignmentFeed,
        fasta=fasta,
        scratch=job.scratch,
        threads=job.options.threads,
        names_libraries=has_libraries,
    )
    return Input(
        tuple(
            Source(partial(feed, given=each), each.counts.passed, 1, None, keeps_tags=True)
            for each in given
        ),
        {name: line for each in given for name, line in each.groups.items()},
        max(each.collate_bytes for each in given),
        sum(each.counts.failed for each in given),
        "LB" if has_libraries else "",
    )
