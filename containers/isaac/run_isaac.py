"""Align paired reads with Isaac 4: FASTQ to a sorted, duplicate-marked BAM with its index."""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from isaac.commands import (
    Reads,
    bam_folder,
    build_align_command,
    fastq_name,
    write_sample_sheet,
)
from isaac.plain_names import with_plain_names
from isaac.reference import (
    SORTED_REFERENCE,
    SortedReference,
    describe_fasta,
    is_fasta,
    read_sorted_reference,
)
from isaac.scan_fastq import FastqFacts
from isaac.sizing import size_buffers
from jobkit.alignment_checks import ReadCounts, count_reads, require_header, require_reads
from jobkit.checks import md5_of, require_bgzf, require_output
from jobkit.errors import InvalidInputError, InvalidOutputError
from jobkit.fastq import is_gzipped
from jobkit.job import Job, run_job
from jobkit.lanes import add_align_arguments, stage_lanes
from jobkit.options import Parser, add_timeout_argument, has_option, job_parser
from jobkit.processes import ProcessGroup
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.isaac import ISAAC

_TIMEOUT_MINUTES = 720
_GIB = 1 << 30
_OUTPUT, _TEMPORARY = "Aligned", "Temp"
# options by which reads can be missing in the BAM
_LEAVING_OUT = ("--keep-unaligned", "--keep-duplicates", "--pf-only")


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_isaac.py", __doc__)
    add_align_arguments(made)
    add_timeout_argument(made, default_minutes=_TIMEOUT_MINUTES)
    return made


def align(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    sample = job.options.sample_id
    reference = _stage_reference(job, args.reference_s3_path)
    lanes = with_plain_names(job, stage_lanes(job, args))
    facts = _scan(job, lanes)
    reads = _lay_out_fastq(job, lanes, facts)
    (job.scratch / "SampleSheet.csv").write_text(write_sample_sheet(sample, reads.lanes))
    sizing = size_buffers(
        job.options.memory_gib or _host_memory_gib(),
        reference_bases=reference.bases,
        read_bases=max(first.longest + second.longest for first, second in facts),
        threads=job.options.threads,
    )
    # relative paths: the command line goes into the BAM's header, and so into its checksum
    command = build_align_command(
        reference=f"reference/{reference.name}",
        fastq_folder="lanes",
        sample_sheet="SampleSheet.csv",
        output=_OUTPUT,
        temporary=_TEMPORARY,
        reads=reads,
        sizing=sizing,
        threads=job.options.threads,
        cmd_args=job.options.cmd_args,
    )
    job.run(command, cwd=job.scratch, timeout_seconds=args.timeout_minutes * 60)
    shutil.rmtree(job.scratch / _TEMPORARY, ignore_errors=True)  # its 530 bytes per pair
    bam = job.scratch / bam_folder(_OUTPUT, sample) / "sorted.bam"
    pairs = sum(first.records for first, _ in facts)
    counts = _check_bam(job, bam, reference, pairs)
    job.record.facts = {"pairs": pairs, "contigs": reference.contigs, **counts.as_facts()}
    _publish(job, bam, args.bam_s3_folder_path)


def _stage_reference(job: Job, given: S3Uri) -> SortedReference:
    """Put what isaac-align's -r names into scratch's `reference`.

    A FASTA is taken as it is. Of a folder the XML is relocated, with its FASTA beside it.
    """
    beside = job.scratch / "reference"
    if is_fasta(given.name):
        job.stage_reference([given], beside)
        return describe_fasta(beside / given.name)
    xml = given / SORTED_REFERENCE
    job.stage_reference([xml], job.scratch / "as-given")
    reference = read_sorted_reference((job.scratch / "as-given" / xml.name).read_text())
    job.stage_reference([given / name for name in reference.fasta_names], beside)
    (beside / xml.name).write_text(reference.xml)
    return reference


def _scan(job: Job, lanes: list[tuple[Path, Path]]) -> list[tuple[FastqFacts, FastqFacts]]:
    """Look through every file, as many at once as there are threads; each must fit its mate."""
    found: dict[Path, FastqFacts] = {}
    paths = [path for pair in lanes for path in pair]
    with job.timed("checkInput"), ProcessGroup() as group:
        for start in range(0, len(paths), job.options.threads):
            batch = paths[start : start + job.options.threads]
            printed: dict[Path, list[str]] = {path: [] for path in batch}
            for path in batch:
                group.spawn(
                    [sys.executable, "-m", "isaac.scan_fastq", str(path)],
                    on_line=printed[path].append,
                )
            group.wait()
            for path in batch:
                result = json.loads(printed[path][-1])
                if "problem" in result:
                    raise InvalidInputError(result["problem"], hint=result["hint"])
                found[path] = FastqFacts(**result)
    for first, second in lanes:
        if found[first].records != found[second].records:
            raise InvalidInputError(
                f"{first.name} has {found[first].records} reads, "
                f"{second.name} {found[second].records}: they are not a pair",
                hint="give the two files of one lane, both whole",
            )
        if found[first].names != found[second].names:
            raise InvalidInputError(
                f"{first.name} and {second.name} are not a pair: their reads have different names",
                hint="give the two files of one lane, in the order of the sequencer",
            )
    return [(found[first], found[second]) for first, second in lanes]


def _lay_out_fastq(
    job: Job, lanes: list[tuple[Path, Path]], facts: list[tuple[FastqFacts, FastqFacts]]
) -> Reads:
    """Link the files under the names that isaac-align looks for."""
    packed = {is_gzipped(path) for pair in lanes for path in pair}
    if len(packed) > 1:
        raise InvalidInputError(
            "some FASTQ files are gzipped and some are not", hint="isaac-align wants them alike"
        )
    folder = job.scratch / "lanes"
    folder.mkdir()
    for lane, pair in enumerate(lanes, start=1):
        for side, path in enumerate(pair, start=1):
            link = folder / fastq_name(lane, side, is_gzipped=True in packed)
            link.symlink_to(path)
    both = [item for pair in facts for item in pair]
    return Reads(
        lanes=len(lanes),
        is_gzipped=True in packed,
        is_variable=any(item.shortest < item.longest for item in both),
        longest_name=max(item.longest_name for item in both),
    )


def _check_bam(job: Job, bam: Path, reference: SortedReference, pairs: int) -> ReadCounts:
    """Check the BAM beyond isaac-align's exit status, which is 0 without one too."""
    require_bgzf(bam)
    header = require_header(job, bam)
    if len(header.contigs) != reference.contigs:
        raise InvalidOutputError(
            f"the BAM has {len(header.contigs)} contigs, and the reference {reference.contigs}"
        )
    counts = count_reads(job, bam)
    if counts.reads > 2 * pairs:
        require_reads(counts, 2 * pairs)
    if counts.reads < 2 * pairs and not has_option(job.options.cmd_args, *_LEAVING_OUT):
        job.record.add_warning(
            "readsLeftOut",
            f"the BAM has {counts.reads:,} of {2 * pairs:,} reads: isaac-align leaves out those "
            "that did not pass the sequencer's filter, unless cmdArgs has --pf-only 0",
        )
    return counts


def _publish(job: Job, bam: Path, folder: S3Uri) -> None:
    index, checksum = Path(f"{bam}.bai"), Path(f"{bam}.md5")
    for path in (index, checksum):
        require_output(path)
    if checksum.read_text().split()[0] != md5_of(bam):
        raise InvalidOutputError(f"{bam.name} is not what isaac-align took the checksum of")
    target = folder / bam.name
    job.publish(
        {bam: target, index: target.with_suffix(".bai"), checksum: target.with_suffix(".md5")}
    )


def _host_memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB


if __name__ == "__main__":
    sys.exit(run_job(ISAAC, parser(), align))
