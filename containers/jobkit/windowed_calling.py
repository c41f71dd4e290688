"""Variant calling window by window: as many at once as there are threads."""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from jobkit.calling import CallerInput, publish_calls
from jobkit.child import LineListener
from jobkit.job import Job
from jobkit.joining import (
    build_finish_chain,
    build_gvcf_command,
    build_index_command,
    build_variants_command,
)
from jobkit.processes import Command, ProcessGroup
from jobkit.progress import Tally
from jobkit.windows import Interval, as_bed, begun_earlier, plan_windows, within
from seqstack.domain.progress import Phase, Unit

FOLDER = Path("windows")
"""The folder of the windows' files, relative to scratch."""


class Window(NamedTuple):
    """A window, and the files of its call, relative to scratch.

    `seen` are the intervals, begun earlier; `bed` and `seen_bed` have both as BED; `gvcf` is
    bgzipped.
    """

    intervals: Sequence[Interval]
    seen: Sequence[Interval]
    bed: Path
    seen_bed: Path
    gvcf: Path


class _PartLists(NamedTuple):
    """Files that list the windows' results, relative to scratch."""

    gvcfs: Path
    variants: Path


def call_by_windows(
    job: Job,
    args: argparse.Namespace,
    given: CallerInput,
    build_chain: Callable[[Window], Sequence[Command]],
    on_line: LineListener,
    *,
    before: int,
    only_regions: bool = False,
    by_contig: bool = False,
) -> None:
    """Call every window with the programs of `build_chain`, join the results, and publish them.

    Args:
        job: the job.
        args: its arguments.
        given: its input.
        build_chain: the programs of a window.
        on_line: gets their output.
        before: bases before an interval that the caller is to look at, too.
        only_regions: these end where a region of the input begins.
        by_contig: a window has only one contig.
    """
    gvcf, variants = Path("genome.vcf.gz"), Path("variants.vcf.gz")
    with job.timed(Phase.RUN):
        windows = plan_windows(given.header.contigs)
        if given.regions:
            windows = within(windows, given.regions)
        if by_contig:
            windows = [
                tuple(intervals)
                for window in windows
                for _, intervals in groupby(window, key=lambda interval: interval.contig)
            ]
        contigs = [Interval(name, 0, bases) for name, bases in given.header.contigs.items()]
        limits = (only_regions and given.regions) or contigs
        seen = begun_earlier(windows, before, limits)
        lists = _call_windows(job, list(zip(windows, seen, strict=True)), build_chain, on_line)
    fasta, threads = given.fasta.relative_to(job.scratch), job.options.threads
    job.run(build_gvcf_command(lists.gvcfs, gvcf), cwd=job.scratch)
    job.run(*build_finish_chain(lists.variants, fasta, variants, threads=threads), cwd=job.scratch)
    for path in (gvcf, variants):
        job.run(build_index_command(path), cwd=job.scratch)
    publish_calls(job, args, variants=job.scratch / variants, gvcf=job.scratch / gvcf)


def _call_windows(
    job: Job,
    plan: Sequence[tuple[Sequence[Interval], Sequence[Interval]]],
    build_chain: Callable[[Window], Sequence[Command]],
    on_line: LineListener,
) -> _PartLists:
    (job.scratch / FOLDER).mkdir(exist_ok=True)
    windows: list[Window] = []
    for number, (intervals, seen) in enumerate(plan, start=1):
        part = FOLDER / f"{number:05d}"
        files = [part.with_suffix(suffix) for suffix in (".bed", ".seen.bed", ".g.vcf.gz")]
        window = Window(intervals, seen, *files)
        windows.append(window)
        (job.scratch / window.bed).write_text(as_bed(intervals))
        (job.scratch / window.seen_bed).write_text(as_bed(seen))
    gvcfs = [window.gvcf for window in windows]
    variants = [window.bed.with_suffix(".bcf") for window in windows]
    calls = [build_chain(window) for window in windows]
    pairs = zip(gvcfs, variants, strict=True)
    selections = [[build_variants_command(gvcf, selected)] for gvcf, selected in pairs]
    called = Tally(Unit.WINDOWS, len(plan))
    with ProcessGroup() as group, job.heartbeat.counting(called):
        run_pool = partial(
            group.run_pool, workers=job.options.threads, cwd=job.scratch, on_line=on_line
        )
        job.note(run_pool(calls, on_end=called.note))
        job.note(run_pool(selections))
    job.record.facts |= {"windows": len(windows)}
    lists = _PartLists(FOLDER / "gvcfs.txt", FOLDER / "variants.txt")
    for path, listed in zip(lists, (gvcfs, variants), strict=True):
        (job.scratch / path).write_text("".join(f"{part}\n" for part in listed))
    return lists
