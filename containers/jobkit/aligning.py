"""Align reads to a BAM with an aligner that reads and writes through pipes."""

import argparse
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from jobkit.aligned_reads import AlignedReads
from jobkit.alignment_output import BAM_NAME, publish_alignment
from jobkit.child import Child, open_pipe
from jobkit.contigs import read_fai
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolFailedError, UsageError
from jobkit.feed import Fed, ReadListener
from jobkit.job import Job
from jobkit.part_reader import build_padding_filter
from jobkit.parts import PART_NAME, join_parts, publish_part
from jobkit.processes import ProcessGroup
from jobkit.reference import require_sound_fasta
from jobkit.sorting import (
    build_fixmate_command,
    build_headerless_command,
    build_part_command,
    build_sort_commands,
    sam_header,
    sort_memory_mib,
)
from jobkit.sources import Feed, Input, alignment_input, lanes_input
from jobkit.streaming_aligner import StreamingAligner
from jobkit.trimming import Trimming
from seqstack.domain.progress import Phase
from seqstack.domain.reads.parts import Part
from seqstack.domain.s3uri import S3Uri

_KILLED = 128 + signal.SIGKILL
_MANY_SINGLES = 0.01


def align_lanes(
    job: Job, args: argparse.Namespace, aligner: StreamingAligner, beside: Sequence[S3Uri] = ()
) -> None:
    """Fetch reads and reference, align all reads into one BAM, and publish it with its index.

    `beside` is what else the aligner finds beside the FASTA.
    """
    trimming = Trimming.of(job, args)
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
        alignment_input(job, args, fasta)
        if args.reads_s3_path
        else lanes_input(job, args, aligner, trimming)
    )
    sort_mib = sort_memory_mib(
        job.options.memory_gib,
        sum(staged[uri].size for uri in index) + given.memory_bytes,
        job.options.threads,
    )
    with job.timed(Phase.RUN):
        fed = _into_one_sort(job, aligner, given, fasta, sort_mib, part, trimming)
    if part:
        readers = [source.part for source in given.sources]
        publish_part(job, args, fasta, fed, list(given.groups), readers)
        return
    bam = job.scratch / BAM_NAME
    _warn_of_reads(job, fed, given.failed)
    publish_alignment(job, args, fasta, bam, fed, list(given.groups), trimming)


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
    given: Input,
    reference: Path,
    sort_mib: int,
    part: Part | None,
    trimming: Trimming | None,
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
        else build_sort_commands(
            BAM_NAME,
            threads=threads,
            sort_mib=sort_mib,
            duplicates_share=given.duplicates_share,
        )
    )
    sort = [build_fixmate_command(threads=threads), *ending]
    has_header = len(given.sources) == 1 and given.sources[0].group is not None
    unpad = [build_padding_filter()] if part and aligner.counts_pairs else []
    total = Fed(0)
    aligned = AlignedReads(
        sum(source.size for source in given.sources),
        is_counted=all(source.group is None for source in given.sources),
        is_whole=trimming is None,
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
                keeps_tags=source.keeps_tags,
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
                fed = _fed_whole(group, children, feed, listener, aligner)
                total = Fed(total.pairs + fed.pairs, total.singles + fed.singles)
        if not has_header:
            os.close(writer)
        job.note(group.wait())
    return total


def _fed_whole(
    group: ProcessGroup,
    children: Sequence[Child],
    feed: Feed,
    listener: ReadListener,
    aligner: StreamingAligner,
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
        if is_aligner:
            _require_whole_pairs(error, aligner)
        feed.explain(error)
        raise
    return feed.check(listener)


def _require_whole_pairs(error: ToolFailedError, aligner: StreamingAligner) -> None:
    sign = aligner.fails_at_half_pair
    if sign and any(sign in line for line in error.evidence):
        raise InvalidInputError(
            f"a pair has bases in one of its reads only, which {aligner.program} can't align",
            hint="align with bwa, or leave such pairs out, as `cutadapt -m 1` does",
            evidence=error.evidence,
        ) from error
