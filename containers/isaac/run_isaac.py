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
from isaac.lanes import Lane, Mate, differ_in_length, require_lengths, require_pairs
from isaac.plain_names import with_plain_names
from isaac.reference import (
    SORTED_REFERENCE,
    SortedReference,
    describe_fasta,
    is_fasta,
    read_sorted_reference,
    require_fasta,
)
from isaac.scan_fastq import FastqFacts
from isaac.sizing import size_buffers
from jobkit.alignment_checks import ReadCounts, count_reads, require_alignment, require_reads
from jobkit.checks import md5_of, require_bgzf, require_output
from jobkit.contigs import read_bam_header
from jobkit.errors import (
    InvalidInputError,
    InvalidOutputError,
    OutOfMemoryError,
    ToolFailedError,
    UsageError,
)
from jobkit.fastq import is_gzipped
from jobkit.job import Job, run_job
from jobkit.lanes import add_align_arguments, stage_lanes
from jobkit.options import Parser, add_timeout_argument, has_option, job_parser
from jobkit.processes import ProcessGroup
from jobkit.reheading import with_header
from seqstack.domain.progress import Phase
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.isaac import ISAAC

_TIMEOUT_MINUTES = 720
_GIB = 1 << 30
_OUTPUT, _TEMPORARY, _REFERENCE = "Aligned", "Temp", "reference"
_BAM = "sorted.bam"
_BAD_ALLOC = 3  # the exit status of isaac-align for std::bad_alloc
_SEED_LENGTH = "--seed-length"
_DEFAULT_SEED_LENGTH = 16
# options that can exclude reads from the BAM
_LEAVING_OUT = ("--keep-unaligned", "--keep-duplicates", "--pf-only")


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_isaac.py", __doc__)
    add_align_arguments(made)
    add_timeout_argument(made, default_minutes=_TIMEOUT_MINUTES)
    return made


def align(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    if args.alignment_format != "bam":
        raise UsageError("isaac-align writes BAM only")
    sample = job.options.sample_id
    reference = _stage_reference(job, args.reference_s3_path)
    paths = with_plain_names(job, stage_lanes(job, args))
    lanes = _scan(job, paths)
    require_pairs(lanes)
    require_lengths(lanes, _seed_length(job))
    reads = _lay_out_fastq(job, paths, lanes)
    (job.scratch / "SampleSheet.csv").write_text(write_sample_sheet(sample, reads.lanes))
    sizing = size_buffers(
        job.options.memory_gib or _host_memory_gib(),
        reference_bases=reference.bases,
        read_bases=sum(mate.facts.longest for mate in lanes[0]),
        name_length=reads.name_length,
        threads=job.options.threads,
    )
    # relative paths, because the BAM's header, and so its checksum, contains the command line
    command = build_align_command(
        reference=f"{_REFERENCE}/{reference.name}",
        fastq_folder="lanes",
        sample_sheet="SampleSheet.csv",
        output=_OUTPUT,
        temporary=_TEMPORARY,
        reads=reads,
        sizing=sizing,
        threads=job.options.threads,
        cmd_args=job.options.cmd_args,
    )
    try:
        job.run(command, cwd=job.scratch, timeout_seconds=args.timeout_minutes * 60)
    except ToolFailedError as error:
        if error.returncode != _BAD_ALLOC:
            raise
        raise OutOfMemoryError(
            f"isaac-align ran out of its {sizing.memory_gib} GiB (std::bad_alloc)",
            hint="give the align step more memory, or smaller buffers in cmdArgs",
            evidence=error.evidence,
        ) from error
    shutil.rmtree(job.scratch / _TEMPORARY, ignore_errors=True)  # its 530 bytes per pair
    bam = job.scratch / bam_folder(_OUTPUT, sample) / _BAM
    pairs = sum(first.facts.records for first, _ in lanes)
    counts = _check_bam(job, bam, reference, pairs)
    job.record.facts = {"pairs": pairs, "contigs": len(reference.contigs), **counts.as_facts()}
    bam = _without_scratch(job, bam, _folder_of(args.reference_s3_path))
    _publish(job, bam, args.bam_s3_folder_path / _BAM)


def _stage_reference(job: Job, given: S3Uri) -> SortedReference:
    """Stage the reference for isaac-align's -r in a folder of scratch.

    A FASTA is used unchanged. In a folder, the XML is relocated, with its FASTA beside it.
    """
    beside = job.scratch / _REFERENCE
    if is_fasta(given.name):
        job.stage_reference([given], beside)
        return describe_fasta(job, beside / given.name)
    xml = given / SORTED_REFERENCE
    job.stage_reference([xml], job.scratch / "as-given")
    reference = read_sorted_reference((job.scratch / "as-given" / xml.name).read_bytes(), given)
    job.stage_reference([given / name for name in reference.fasta_names], beside)
    with job.timed(Phase.CHECK_INPUT):
        require_fasta(reference, beside)
    (beside / xml.name).write_text(reference.xml)
    return reference


def _folder_of(given: S3Uri) -> S3Uri:
    return given.parent if is_fasta(given.name) else given


def _seed_length(job: Job) -> int:
    arguments, _ = job.tool.options.read(job.options.cmd_args)
    given = [each.value for each in arguments if each.option == _SEED_LENGTH and each.value]
    return int(given[-1]) if given else _DEFAULT_SEED_LENGTH


def _scan(job: Job, lanes: list[tuple[Path, Path]]) -> list[Lane]:
    """Scan every file, one in each thread."""
    found: dict[Path, Mate] = {}
    paths = [path for pair in lanes for path in pair]
    with job.timed(Phase.CHECK_INPUT), ProcessGroup() as group:
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
                found[path] = Mate(path.name, FastqFacts(**result))
    return [(found[first], found[second]) for first, second in lanes]


def _lay_out_fastq(job: Job, paths: list[tuple[Path, Path]], lanes: list[Lane]) -> Reads:
    """Link the files under the names that isaac-align expects."""
    packed = {is_gzipped(path) for pair in paths for path in pair}
    if len(packed) > 1:
        raise InvalidInputError(
            "some FASTQ files are gzipped and some are not",
            hint="isaac-align needs all or none gzipped",
        )
    folder = job.scratch / "lanes"
    folder.mkdir()
    for lane, pair in enumerate(paths, start=1):
        for side, path in enumerate(pair, start=1):
            link = folder / fastq_name(lane, side, is_gzipped=True in packed)
            link.symlink_to(path)
    return Reads(
        lanes=len(lanes),
        is_gzipped=True in packed,
        is_variable=differ_in_length(lanes),
        longest_name=max(mate.facts.longest_name for lane in lanes for mate in lane),
    )


def _check_bam(job: Job, bam: Path, reference: SortedReference, pairs: int) -> ReadCounts:
    """Check the BAM, because isaac-align's exit status is 0 even without one."""
    require_bgzf(bam)
    require_alignment(job, bam, reference.contigs)
    require_output(Path(f"{bam}.bai"))
    checksum = Path(f"{bam}.md5")
    require_output(checksum)
    if checksum.read_text().split()[0] != md5_of(bam):
        raise InvalidOutputError(f"{bam.name} does not match isaac-align's checksum")
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


def _without_scratch(job: Job, bam: Path, folder: S3Uri) -> Path:
    """The BAM with the reference's URI in place of this job's folder in its header.

    Without an XML, isaac-align writes the FASTA's local path, and BAMs of two runs would differ.
    """
    text = read_bam_header(bam).text
    header = text.replace(f"{job.scratch}/{_REFERENCE}/", str(folder.as_folder()))
    if header == text:
        return bam
    made = with_header(job, bam, header)
    Path(f"{made}.md5").write_text(f"{md5_of(made)} *{_BAM}\n")
    return made


def _publish(job: Job, bam: Path, target: S3Uri) -> None:
    job.publish(
        {
            bam: target,
            Path(f"{bam}.bai"): target.with_suffix(".bai"),
            Path(f"{bam}.md5"): target.with_suffix(".md5"),
        }
    )


def _host_memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB


if __name__ == "__main__":
    sys.exit(run_job(ISAAC, parser(), align))
