"""Align FASTQ files to a BAM with an aligner that reads and writes through pipes."""

import argparse
import os
import re
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jobkit.alignment_checks import count_reads, require_alignment, require_reads
from jobkit.checks import md5_of, require_bgzf, require_output
from jobkit.child import open_pipe
from jobkit.contigs import read_fai
from jobkit.errors import InvalidInputError, ToolFailedError
from jobkit.fastq import first_header
from jobkit.job import Job
from jobkit.lanes import stage_lanes
from jobkit.pair_feed import PairFeed, ReadListener
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


class BuildCommand(Protocol):
    """Makes an aligner's command line: SAM to stdout, with `group` in its header."""

    def __call__(  # noqa: D102 - the class says it
        self,
        reference: str,
        reads: Sequence[str],
        group: ReadGroup,
        *,
        threads: int,
        cmd_args: Sequence[str],
    ) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class StreamingAligner:
    """An aligner that takes two FASTQ files and writes SAM, grouped by name.

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
class _Lane:
    paths: tuple[Path, Path]
    group: ReadGroup


def align_lanes(job: Job, args: argparse.Namespace, aligner: StreamingAligner) -> None:
    """Fetch reads and reference, align all lanes into one BAM, and publish it with its index."""
    reference: S3Uri = args.reference_s3_path
    folder = job.scratch / "reference"
    index = [reference.with_suffix(suffix) for suffix in aligner.tool.index_suffixes]
    staged = job.stage_reference([reference, *index], folder)
    require_sound_fasta(job, folder / reference.name)
    paths = stage_lanes(job, args)
    groups = read_groups(job.options.sample_id, [first_header(pair[0]) for pair in paths])
    lanes = [_Lane(pair, group) for pair, group in zip(paths, groups, strict=True)]
    sort_mib = sort_memory_mib(
        job.options.memory_gib, sum(staged[uri].size for uri in index), job.options.threads
    )
    with job.timed("run"):
        pairs = _into_one_sort(job, aligner, lanes, folder / reference.name, sort_mib)
    bam = job.scratch / BAM_NAME
    require_bgzf(bam)
    require_alignment(job, bam, read_fai(Path(f"{folder / reference.name}.fai")))
    counts = count_reads(job, bam)
    require_reads(counts, 2 * pairs)
    job.record.facts = {
        "pairs": pairs,
        "readGroups": [group.id for group in groups],
        **counts.as_facts(),
    }
    _publish(job, bam, args.bam_s3_folder_path / bam.name)


def _publish(job: Job, bam: Path, target: S3Uri) -> None:
    index_file, checksum = Path(f"{bam}.bai"), Path(f"{bam}.md5")
    require_output(index_file)
    checksum.write_text(f"{md5_of(bam)} *{bam.name}\n")
    job.publish(
        {
            bam: target,
            index_file: target.with_suffix(".bai"),
            checksum: target.with_suffix(".md5"),
        }
    )


def _into_one_sort(
    job: Job, aligner: StreamingAligner, lanes: Sequence[_Lane], reference: Path, sort_mib: int
) -> int:
    """Align lane after lane into one sort; gives the number of pairs.

    The programs run in scratch, with relative paths, because a BAM's header contains them: two runs
    of the same job give the same BAM.

    One lane is one chain of pipes. With more, the lanes' records go through the same pipe one after
    the other, under one header with all read groups: one sort, without a merge.
    """
    options, cwd = job.options, job.scratch
    sort = build_sort_commands(BAM_NAME, threads=options.threads, sort_mib=sort_mib)
    pairs = 0
    with ProcessGroup() as group:
        if len(lanes) > 1:
            reader, writer = open_pipe()
            group.spawn_chain(sort, stdin=reader, cwd=cwd)
            os.close(reader)
        for number, lane in enumerate(lanes):
            listener = ReadListener(aligner.program, aligner.reads_taken)
            with PairFeed(group, lane.paths) as feed:
                names = [f"lane{number + 1}_R{side}.fastq" for side in (1, 2)]
                feed.link([cwd / name for name in names])
                command = aligner.build_command(
                    str(reference.relative_to(cwd)),
                    names,
                    lane.group,
                    threads=options.threads,
                    cmd_args=options.cmd_args,
                )
                chain = [command, *sort]
                if len(lanes) > 1:
                    chain = [command, build_headerless_command()]
                if len(lanes) > 1 and number == 0:
                    header = sam_header(
                        read_fai(Path(f"{reference}.fai")),
                        [each.group for each in lanes],
                        aligner.program,
                        job.record.versions[aligner.program],
                        command,
                    )
                    with suppress(BrokenPipeError):  # the group reports the failure of its reader
                        os.write(writer, header.encode())
                children = group.spawn_chain(
                    chain,
                    stdout=writer if len(lanes) > 1 else None,
                    cwd=cwd,
                    pass_fds=feed.descriptors,
                    on_line=listener,
                )
                feed.start()
                try:
                    group.wait(children)
                except InvalidInputError:
                    group.stop()  # so that both files can be read to their ends
                    feed.require_whole()
                    raise
                except ToolFailedError as error:
                    is_aligner = error.tool == aligner.program and error.exit_code != _KILLED
                    if is_aligner and listener.reads:
                        feed.require_whole()  # damaged reads may be the reason
                    raise
                pairs += feed.check(listener)
        if len(lanes) > 1:
            os.close(writer)
        job.note(group.wait())
    return pairs
