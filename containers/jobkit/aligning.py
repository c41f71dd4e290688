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

from jobkit.alignment_checks import count_reads, require_alignment, require_reads
from jobkit.alignment_feed import AlignmentFeed
from jobkit.alignment_input import stage_alignments, staged_fasta
from jobkit.checks import md5_of, require_bgzf, require_output
from jobkit.child import Child, open_pipe
from jobkit.contigs import read_fai
from jobkit.cram import cram_outputs
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolFailedError, UsageError
from jobkit.fastq import first_header
from jobkit.job import Job
from jobkit.lanes import stage_lanes
from jobkit.pair_feed import Fed, PairFeed, ReadListener
from jobkit.processes import ProcessGroup
from jobkit.read_groups import ReadGroup, read_groups
from jobkit.reference import require_sound_fasta
from jobkit.sorting import (
    build_headerless_command,
    build_sort_commands,
    sam_header,
    sort_memory_mib,
)
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.definition import ToolDefinition

BAM_NAME = "sorted.bam"
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
        reads_taken: a pattern of its log lines, whose first group is a number of reads that it has
            read.
    """

    tool: ToolDefinition
    program: str
    build_command: BuildCommand
    reads_taken: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Source:
    """Reads that are aligned at once: a lane's FASTQ files, or a BAM or CRAM file.

    Attributes:
        open: begins to feed them.
        streams: how many files the aligner sees.
        group: the read group of all; None if each read brings its own.
    """

    open: Callable[[ProcessGroup], PairFeed | AlignmentFeed]
    streams: int
    group: ReadGroup | None


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
    reference: S3Uri = args.reference_s3_path
    folder = job.scratch / "reference"
    index = [reference.with_suffix(suffix) for suffix in aligner.tool.index_suffixes]
    staged = job.stage_reference([reference, *index, *beside], folder)
    fasta = folder / reference.name
    require_sound_fasta(job, fasta)
    given = _alignment_input(job, args, fasta) if args.reads_s3_path else _lanes_input(job, args)
    sort_mib = sort_memory_mib(
        job.options.memory_gib,
        sum(staged[uri].size for uri in index) + given.memory_bytes,
        job.options.threads,
    )
    with job.timed("run"):
        fed = _into_one_sort(job, aligner, given, fasta, sort_mib)
    bam = job.scratch / BAM_NAME
    require_bgzf(bam)
    require_alignment(job, bam, read_fai(Path(f"{fasta}.fai")))
    counts = count_reads(job, bam)
    require_reads(counts, fed.reads)
    _warn_of_reads(job, fed, given.failed)
    job.record.facts = {
        "pairs": fed.pairs,
        "readsWithoutMate": fed.singles,
        "readGroups": list(given.groups),
        **counts.as_facts(),
    }
    cram = cram_outputs(job, args, bam, fasta)
    _publish(job, bam, args.bam_s3_folder_path / bam.name, cram)


def _lanes_input(job: Job, args: argparse.Namespace) -> _Input:
    paths = stage_lanes(job, args)
    groups = read_groups(job.options.sample_id, [first_header(pair[0]) for pair in paths])
    return _Input(
        tuple(
            _Source(partial(PairFeed, paths=pair), len(pair), group)
            for pair, group in zip(paths, groups, strict=True)
        ),
        {group.id: group.header_line("\t") for group in groups},
    )


def _alignment_input(job: Job, args: argparse.Namespace, own: Path) -> _Input:
    if args.fastq1_s3_path or args.fastq2_s3_path:
        raise UsageError("FASTQ files and --reads_s3_path are both given", hint="give one of them")
    given, fasta = stage_alignments(job, args.reads_s3_path, staged_fasta(job, args, own))
    feeds = [
        partial(
            AlignmentFeed,
            given=each,
            fasta=fasta,
            scratch=job.scratch,
            threads=job.options.threads,
        )
        for each in given
    ]
    return _Input(
        tuple(_Source(feed, 1, None) for feed in feeds),
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


def _publish(job: Job, bam: Path, target: S3Uri, more: Mapping[Path, S3Uri]) -> None:
    index_file, checksum = Path(f"{bam}.bai"), Path(f"{bam}.md5")
    require_output(index_file)
    checksum.write_text(f"{md5_of(bam)} *{bam.name}\n")
    job.publish(
        {
            bam: target,
            index_file: target.with_suffix(".bai"),
            checksum: target.with_suffix(".md5"),
            **more,
        }
    )


def _into_one_sort(
    job: Job, aligner: StreamingAligner, given: _Input, reference: Path, sort_mib: int
) -> Fed:
    """Align one source after another into one sort; gives what the aligner got.

    The programs run in scratch, with relative paths, because a BAM's header contains them: two runs
    of the same job give the same BAM.

    One lane is one chain of pipes. With more, or with read groups from the input's header, all
    records go through the same pipe one after the other, under one header with all read groups: one
    sort, without a merge.
    """
    options, cwd = job.options, job.scratch
    sort = build_sort_commands(BAM_NAME, threads=options.threads, sort_mib=sort_mib)
    has_header = len(given.sources) == 1 and given.sources[0].group is not None
    total = Fed(0)
    with ProcessGroup() as group:
        if not has_header:
            reader, writer = open_pipe()
            group.spawn_chain(sort, stdin=reader, cwd=cwd)
            os.close(reader)
        for number, source in enumerate(given.sources):
            listener = ReadListener(aligner.program, aligner.reads_taken)
            with source.open(group) as feed:
                names = [f"lane{number + 1}_R{side + 1}.fastq" for side in range(source.streams)]
                feed.link([cwd / name for name in names])
                command = aligner.build_command(
                    str(reference.relative_to(cwd)),
                    names,
                    source.group,
                    threads=options.threads,
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
                children = group.spawn_chain(
                    [command, *sort] if has_header else [command, build_headerless_command()],
                    stdout=None if has_header else writer,
                    cwd=cwd,
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
