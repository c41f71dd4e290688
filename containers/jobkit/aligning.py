"""Align reads to a BAM with an aligner that reads and writes through pipes."""

import argparse
import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from jobkit.aligned_reads import AlignedReads
from jobkit.alignment_feed import AlignmentFeed
from jobkit.alignment_input import stage_alignments, staged_fasta
from jobkit.alignment_output import BAM_NAME, publish_alignment
from jobkit.child import Child, open_pipe
from jobkit.contigs import read_fai
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolFailedError, UsageError
from jobkit.fastq import first_header
from jobkit.job import Job
from jobkit.lanes import stage_lanes
from jobkit.pair_feed import Fed, PairFeed, ReadListener
from jobkit.part_reader import PartReader, build_padding_filter
from jobkit.parts import PART_NAME, join_parts, part_readers, publish_part
from jobkit.processes import ProcessGroup
from jobkit.read_groups import ReadGroup, read_groups
from jobkit.reference import require_sound_fasta
from jobkit.sorting import (
    build_fixmate_command,
    build_headerless_command,
    build_part_command,
    build_sort_commands,
    sam_header,
    sort_memory_mib,
)
from seqstack.domain.progress import Phase
from seqstack.domain.reads.parts import Part
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.scratch import scratch_share
from seqstack.tools.definition import ToolDefinition

_KILLED = 128 + signal.SIGKILL
_MANY_SINGLES = 0.01


class BuildCommand(Protocol):
    """Makes an aligner's command line: SAM to stdout, with `group` in its header.

    Without a `group`, `reads` is one file with mates after each other, and tags to be kept.
    """

    def __call__(  # noqa: D102 - the class says it
        self,
        reference: str,
        reads: Sequence[str],
        group: ReadGroup | None,
        *,
        threads: int,
        cmd_args: Sequence[str],
    ) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class StreamingAligner:
    """An aligner that takes FASTQ, in two files or one, and writes SAM, grouped by name.

    Attributes:
        tool: its definition.
        program: its name in the log.
        build_command: its command line.
        reads_taken: a pattern of its log lines, whose first group is the number of reads of a batch
            that it has read.
        reads_done: the same of reads that it has aligned.
        batch_bases: of a batch, by the options in `cmd_args`.
        counts_pairs: whether its result depends on the number of pairs that it has read before.
    """

    tool: ToolDefinition
    program: str
    build_command: BuildCommand
    reads_taken: re.Pattern[str]
    reads_done: re.Pattern[str]
    batch_bases: Callable[[Sequence[str]], int]
    counts_pairs: bool


@dataclass(frozen=True, slots=True)
class _Source:
    """Reads that are aligned at once: a lane's FASTQ files, or a BAM or CRAM file.

    Attributes:
        open: begins to feed them.
        size: the bytes as they are stored, of files or the part of them; the reads of an alignment.
        streams: how many files the aligner sees.
        group: the read group of all; None if each read brings its own.
        part: the part of them that is aligned; None for all.
    """

    open: Callable[[ProcessGroup], PairFeed | AlignmentFeed]
    size: int
    streams: int
    group: ReadGroup | None
    part: PartReader | None = None

    @property
    def is_read(self) -> bool:
        """False for a lane that the part has nothing of."""
        return self.part is None or self.part.is_touched


@dataclass(frozen=True, slots=True)
class _Input:
    """All reads of a job, the @RG lines of the result, and memory that feeding them takes."""

    sources: tuple[_Source, ...]
    groups: Mapping[str, str]
    memory_bytes: int = 0
    failed: int = 0


def align_lanes(
    job: Job, args: argparse.Namespace, aligner: StreamingAligner, beside: Sequence[S3Uri] = ()
) -> None:
    """Fetch reads and reference, align all reads into one BAM, and publish it with its index.

    `beside` is what else the aligner finds beside the FASTA.
    """
    if args.parts:
        join_parts(job, args)
        return
    part: Part | None = args.part
    if part and args.reads_s3_path:
        raise UsageError("BAM and CRAM files can't be aligned in parts", hint="leave --part out")
    reference: S3Uri = args.reference_s3_path
    folder = job.scratch / "reference"
    index = [reference.with_suffix(suffix) for suffix in aligner.tool.index_suffixes]
    staged = job.stage_reference([reference, *index, *beside], folder)
    fasta = folder / reference.name
    require_sound_fasta(job, fasta)
    given = (
        _alignment_input(job, args, fasta)
        if args.reads_s3_path
        else _lanes_input(job, args, aligner)
    )
    sort_mib = sort_memory_mib(
        job.options.memory_gib,
        sum(staged[uri].size for uri in index) + given.memory_bytes,
        job.options.threads,
    )
    with job.timed(Phase.RUN):
        fed = _into_one_sort(job, aligner, given, fasta, sort_mib, part)
    if part:
        readers = [source.part for source in given.sources]
        publish_part(job, args, fasta, fed, list(given.groups), readers)
        return
    bam = job.scratch / BAM_NAME
    _warn_of_reads(job, fed, given.failed)
    publish_alignment(job, args, fasta, bam, fed, list(given.groups))


def _lanes_input(job: Job, args: argparse.Namespace, aligner: StreamingAligner) -> _Input:
    part: Part | None = args.part
    paths = stage_lanes(job, args, grows=scratch_share(job.tool, part.count) if part else 1.0)
    groups = read_groups(job.options.sample_id, [first_header(pair[0]) for pair in paths])
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
    return _Input(
        tuple(
            _Source(
                partial(PairFeed, paths=pair, part=reader),
                reader.size if reader else sum(path.stat().st_size for path in pair),
                len(pair),
                group,
                reader,
            )
            for pair, group, reader in zip(paths, groups, readers, strict=True)
        ),
        {group.id: group.header_line("\t") for group in groups},
    )


def _alignment_input(job: Job, args: argparse.Namespace, own: Path) -> _Input:
    if args.fastq1_s3_path or args.fastq2_s3_path:
        raise UsageError("FASTQ files and --reads_s3_path are both given", hint="give one of them")
    given, fasta = stage_alignments(job, args.reads_s3_path, staged_fasta(job, args, own))
    feed = partial(AlignmentFeed, fasta=fasta, scratch=job.scratch, threads=job.options.threads)
    return _Input(
        tuple(_Source(partial(feed, given=each), each.counts.passed, 1, None) for each in given),
        {name: line for each in given for name, line in each.groups.items()},
        max(each.collate_bytes for each in given),
        sum(each.counts.failed for each in given),
    )


def _warn_of_reads(job: Job, fed: Fed, failed: int) -> None:
    if fed.singles > fed.reads * _MANY_SINGLES:
        job.record.add_warning(
            "readsWithoutMate",
            f"{fed.singles:,} of {fed.reads:,} reads have no mate in the input, and are aligned as "
            "single reads: is it a part of a file?",
        )
    if failed:
        job.record.add_warning(
            "readsLeftOut",
            f"{failed:,} reads of the input did not pass the sequencer's filter (flag 0x200), and "
            "are left out",
        )


def _into_one_sort(
    job: Job,
    aligner: StreamingAligner,
    given: _Input,
    reference: Path,
    sort_mib: int,
    part: Part | None,
) -> Fed:
    """Align one source after another into one sort; gives what the aligner got.

    The programs run in scratch, with relative paths, because a BAM's header contains them: two runs
    of the same job give the same BAM.

    One lane is one chain of pipes. With more, or with read groups from the input's header, all
    records go through the same pipe one after the other, under one header with all read groups: one
    sort, without a merge.
    """
    options, cwd = job.options, job.scratch
    threads = options.threads
    ending = (
        [build_part_command(PART_NAME, threads=threads)]
        if part
        else build_sort_commands(BAM_NAME, threads=threads, sort_mib=sort_mib)
    )
    sort = [build_fixmate_command(threads=threads), *ending]
    has_header = len(given.sources) == 1 and given.sources[0].group is not None
    unpad = [build_padding_filter()] if part and aligner.counts_pairs else []
    total = Fed(0)
    aligned = AlignedReads(
        sum(source.size for source in given.sources),
        is_counted=all(source.group is None for source in given.sources),
    )
    with ProcessGroup() as group, job.heartbeat.counting(aligned):
        if not has_header:
            reader, writer = open_pipe()
            group.spawn_chain(sort, stdin=reader, cwd=cwd)
            os.close(reader)
        for number, source in enumerate(given.sources):
            names = [f"lane{number + 1}_R{side + 1}.fastq" for side in range(source.streams)]
            command = aligner.build_command(
                str(reference.relative_to(cwd)),
                names,
                source.group,
                threads=threads,
                cmd_args=options.cmd_args,
            )
            if not has_header and number == 0:
                header = sam_header(
                    read_fai(Path(f"{reference}.fai")),
                    list(given.groups.values()),
                    aligner.program,
                    job.record.versions[aligner.program],
                    command,
                )
                with suppress(BrokenPipeError):  # the group reports the failure of its reader
                    os.write(writer, header.encode())
            if not source.is_read:
                continue
            listener = ReadListener(aligner.program, aligner.reads_taken, aligner.reads_done)
            with source.open(group) as feed:
                aligned.follow(feed, listener, source.size)
                feed.link([cwd / name for name in names])
                children = group.spawn_chain(
                    [command, *unpad, *(sort if has_header else [build_headerless_command()])],
                    stdout=None if has_header else writer,
                    cwd=cwd,
                    env={**os.environ, "LC_ALL": "C"},
                    pass_fds=feed.descriptors,
                    on_line=listener,
                )
                feed.start()
                fed = _fed_whole(group, children, feed, listener)
                total = Fed(total.pairs + fed.pairs, total.singles + fed.singles)
        if not has_header:
            os.close(writer)
        job.note(group.wait())
    return total


def _fed_whole(
    group: ProcessGroup,
    children: Sequence[Child],
    feed: PairFeed | AlignmentFeed,
    listener: ReadListener,
) -> Fed:
    """Wait for an aligner; if it fails, the reads may be why."""
    try:
        group.wait(children)
    except InvalidInputError:
        group.stop()  # so that nothing holds up the reading of all files
        feed.require_whole()
        raise
    except InvalidOutputError as error:
        feed.explain(error)
        raise
    except ToolFailedError as error:
        is_aligner = error.tool == listener.program and error.exit_code != _KILLED
        if is_aligner and listener.reads:
            feed.require_whole()  # it may have stumbled over damaged reads
        feed.explain(error)
        raise
    return feed.check(listener)
