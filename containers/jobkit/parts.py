"""Publish an aligned part of a sample's reads, and join the parts."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from jobkit.alignment_checks import count_reads_of, require_alignment, require_reads
from jobkit.alignment_output import BAM_NAME, publish_alignment
from jobkit.checks import require_bgzf
from jobkit.contigs import read_fai
from jobkit.errors import InvalidOutputError
from jobkit.feed import Fed
from jobkit.job import Job
from jobkit.part_reader import PartReader
from jobkit.reference import require_sound_fasta
from jobkit.sorting import build_join_command, build_sort_commands, sort_memory_mib
from seqstack.domain.reads.parts import Part, all_parts, part_step
from seqstack.domain.s3uri import S3Uri

PART_NAME = "part.bam"
# BAMs of parts are larger than the reads. Of each byte, the job makes up to two more: sort's
# temporary files, and the BAM. An aligner's scratch is four bytes for each byte of reads.
_JOINING_GROWS = 0.7


def part_readers(
    lanes: Sequence[tuple[Path, Path]], part: Part, batch_bases: int, *, is_padded: bool
) -> list[PartReader]:
    """The readers of a part, one for each lane: parts are equal in bytes of all first files."""
    ends = list(accumulate(first.stat().st_size for first, _ in lanes))
    return [
        PartReader(lane, part, start, ends[-1], batch_bases, is_padded=is_padded)
        for lane, start in zip(lanes, [0, *ends], strict=False)
    ]


def publish_part(
    job: Job,
    args: argparse.Namespace,
    fasta: Path,
    fed: Fed,
    groups: Sequence[str],
    readers: Iterable[PartReader | None],
) -> None:
    """Check the BAM of a part, and publish it.

    Raises:
        InvalidOutputError: it is damaged, or reads are missing.
    """
    bam = job.scratch / PART_NAME
    part: Part = args.part
    require_bgzf(bam)
    require_alignment(job, bam, read_fai(Path(f"{fasta}.fai")), is_sorted=False)
    require_reads(count_reads_of(job, bam), fed.reads)
    job.record.step = part_step(job.tool.step, part.number)
    job.record.facts = {
        "part": str(part),
        "pairs": fed.pairs,
        "readGroups": list(groups),
        "lanes": [
            reader.as_facts(number)
            for number, reader in enumerate(readers, start=1)
            if reader and reader.is_touched
        ],
    }
    job.publish({bam: args.bam_s3_folder_path / part.bam})


def join_parts(job: Job, args: argparse.Namespace) -> None:
    """Join the BAMs of all parts to one, as if its reads had been aligned at once.

    Raises:
        InvalidOutputError: the parts do not follow each other.
    """
    parts = all_parts(args.parts)
    bams = [job.scratch / f"part{part.number}.bam" for part in parts]
    facts = []
    for part, bam in zip(parts, bams, strict=True):
        step = part_step(job.tool.step, part.number)
        job.stage_in({args.bam_s3_folder_path / part.bam: bam}, made_by=step, grows=_JOINING_GROWS)
        facts.append(job.facts_of(step))
    pairs = pairs_of_all(facts)
    reference: S3Uri = args.reference_s3_path
    folder = job.scratch / "reference"
    job.stage_reference([reference, reference.with_suffix(".fai")], folder)
    fasta = folder / reference.name
    require_sound_fasta(job, fasta)
    threads = job.options.threads
    sort_mib = sort_memory_mib(job.options.memory_gib, 0, threads)
    job.run(
        build_join_command([bam.name for bam in bams]),
        *build_sort_commands(BAM_NAME, threads=threads, sort_mib=sort_mib),
        cwd=job.scratch,
    )
    bam = job.scratch / BAM_NAME
    publish_alignment(job, args, fasta, bam, Fed(pairs), facts[0]["readGroups"])


def pairs_of_all(facts: Iterable[Mapping[str, Any]]) -> int:
    """The number of pairs of all parts, in order.

    Raises:
        InvalidOutputError: pairs are missing between two parts or at the end, or are in both.
    """
    pairs: dict[int, int] = {}
    ended: set[int] = set()
    for fact in facts:
        for lane in fact["lanes"]:
            number, before = lane["lane"], pairs.get(lane["lane"], 0)
            if lane["pairs"] and lane["before"] != before:
                raise InvalidOutputError(
                    f"part {fact['part']} begins after pair {lane['before']:,} of lane {number}, "
                    f"but the parts before it have {before:,}",
                    hint="run the sample again without call caching (cache: false)",
                )
            pairs[number] = before + lane["pairs"]
            if lane["isEnd"]:
                ended.add(number)
    if open_lanes := set(pairs) - ended:
        raise InvalidOutputError(
            f"no part has the end of lane {min(open_lanes)}",
            hint="run the sample again without call caching (cache: false)",
        )
    return sum(pairs.values())
