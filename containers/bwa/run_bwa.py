"""Align paired reads with bwa mem: FASTQ to a sorted, duplicate-marked BAM with its index."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bwa.commands import (
    build_align_command,
    build_headerless_command,
    build_sort_commands,
    sort_memory_mib,
)
from bwa.feed import BwaListener, PairFeed
from bwa.read_groups import ReadGroup, read_groups
from jobkit.checks import md5_of, require_bgzf, require_output
from jobkit.child import open_pipe
from jobkit.errors import InvalidInputError, ToolFailedError
from jobkit.fastq import first_header
from jobkit.job import Job, run_job
from jobkit.lanes import add_align_arguments, stage_lanes
from jobkit.options import Parser, job_parser
from jobkit.processes import ProcessGroup
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.bwa import BWA

BAM_NAME = "sorted.bam"
_KILLED = 128 + signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Lane:
    """Two FASTQ files and their read group."""

    paths: tuple[Path, Path]
    group: ReadGroup


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_bwa.py", __doc__)
    add_align_arguments(made)
    return made


def align(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    reference: S3Uri = args.reference_s3_path
    folder = job.scratch / "reference"
    index = [reference.with_suffix(suffix) for suffix in BWA.index_suffixes]
    staged = job.stage_reference([reference, *index], folder)
    paths = stage_lanes(job, args)
    groups = read_groups(job.options.sample_id, [first_header(pair[0]) for pair in paths])
    lanes = [Lane(pair, group) for pair, group in zip(paths, groups, strict=True)]

    sort_mib = sort_memory_mib(
        job.options.memory_gib, sum(staged[uri].size for uri in index), job.options.threads
    )
    with job.timed("run"):
        pairs = _align_lanes(job, lanes, folder / reference.name, sort_mib)
    bam = job.scratch / BAM_NAME
    require_bgzf(bam)
    job.record.facts = {"pairs": pairs, "readGroups": [group.id for group in groups]}

    index_file, checksum = Path(f"{bam}.bai"), Path(f"{bam}.md5")
    require_output(index_file)
    checksum.write_text(f"{md5_of(bam)} *{bam.name}\n")
    target: S3Uri = args.bam_s3_folder_path / bam.name
    job.publish(
        {
            bam: target,
            index_file: target.with_suffix(".bai"),
            checksum: target.with_suffix(".md5"),
        }
    )


def _align_lanes(job: Job, lanes: Sequence[Lane], reference: Path, sort_mib: int) -> int:
    """Align lane after lane into one sort; gives the number of pairs.

    The programs run in scratch, with paths relative to it: a BAM's header holds them, and two runs
    of the same job give the same BAM.

    One lane is one chain of pipes. With more, each lane's records go into the same pipe in turn,
    under a header that the first lane writes for all: one sort, and nothing to merge.
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
            others = [] if number else [other.group for other in lanes[1:]]
            listener = BwaListener()
            with PairFeed(group, lane.paths) as feed:
                names = [f"lane{number + 1}_R{side}.fastq" for side in (1, 2)]
                feed.link([cwd / name for name in names])
                command = build_align_command(
                    str(reference.relative_to(cwd)),
                    names,
                    lane.group,
                    other_groups=others,
                    threads=options.threads,
                    cmd_args=options.cmd_args,
                )
                headerless = [build_headerless_command()] if number else []
                chain = [command, *headerless] if len(lanes) > 1 else [command, *sort]
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
                except ToolFailedError as error:
                    if error.tool == "bwa" and error.exit_code != _KILLED and listener.has_read:
                        feed.require_whole()  # damaged reads may be what bwa stumbled over
                    if listener.complaint:
                        raise _not_a_pair(lane, listener) from error
                    raise
                pairs += feed.check(listener)
        if len(lanes) > 1:
            os.close(writer)
        job.note(group.wait())
    return pairs


def _not_a_pair(lane: Lane, listener: BwaListener) -> InvalidInputError:
    first, second = (path.name for path in lane.paths)
    return InvalidInputError(
        f"{first} and {second} are not a pair: their reads have different names",
        hint="give the two files of one lane, in the order of the sequencer",
        evidence=[listener.complaint],
    )


if __name__ == "__main__":
    sys.exit(run_job(BWA, parser(), align))
