"""Merge the gVCFs of a cohort: one VCF with a column for each sample, indexed."""

import argparse
import json
import resource
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bcftools_merge import fill
from bcftools_merge.callers import Caller
from bcftools_merge.commands import (
    build_finish_chain,
    build_merge_command,
    build_variants_chain,
    build_variants_index_command,
)
from bcftools_merge.gvcfs import Sample, require_mergeable, require_whole
from jobkit.checks import require_bgzf, require_output
from jobkit.contigs import read_fai
from jobkit.errors import InvalidInputError, InvalidOutputError
from jobkit.job import Job, run_job
from jobkit.joining import build_gvcf_command, build_index_command
from jobkit.logs import LOG
from jobkit.options import Parser, job_parser
from jobkit.processes import ProcessGroup
from jobkit.progress import Tally
from jobkit.reference import usable_fasta
from jobkit.sample_lists import fetch_list, require_unchanged
from jobkit.vcf import passing_records, require_reference, vcf_samples
from jobkit.windows import as_bed, plan_windows
from seqstack.domain.gvcf_list import read_list
from seqstack.domain.progress import Phase, Unit
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.bcftools_merge import BCFTOOLS_MERGE

_GVCFS, _VARIANTS, _WINDOWS = Path("gvcfs"), Path("variants"), Path("windows")
_SHOWN = 5
_OTHER_FILES = 64  # that a process has open besides those that it merges


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_bcftools_merge.py", __doc__)
    for name, metavar in {
        "--gvcfs_s3_path": "LIST_URI",
        "--reference_s3_path": "FASTA_URI",
        "--reference_index_s3_path": "FAI_URI",
        "--vcf_s3_path": "URI",
    }.items():
        made.add_argument(name, required=True, type=S3Uri.parse, metavar=metavar)
    return made


def merge(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    fasta, contigs = _stage_reference(job, args)
    samples = _stage_gvcfs(job, args.gvcfs_s3_path)
    _require_open_files(len(samples))
    caller = require_mergeable(job, samples, contigs)
    require_whole(job, samples, fasta)
    job.record.facts |= {"samples": len(samples), "caller": caller.name}
    _select_variants(job, samples, fasta, caller)
    joint = _merge_windows(job, samples, contigs, fasta, caller)
    _check(job, joint, samples, contigs)
    target: S3Uri = args.vcf_s3_path
    job.publish({joint: target, Path(f"{joint}.tbi"): target.with_suffix(".tbi")})


def _stage_reference(job: Job, args: argparse.Namespace) -> tuple[Path, Mapping[str, int]]:
    """The FASTA relative to scratch, and the lengths of its contigs."""
    uri: S3Uri = args.reference_s3_path
    fai_uri: S3Uri = args.reference_index_s3_path
    folder = job.scratch / "reference"
    job.stage_reference([uri, fai_uri], folder)
    fai = Path(f"{folder / uri.name}.fai")
    if not fai.exists():  # the name that tools expect
        fai.symlink_to((folder / fai_uri.name).resolve())
    usable = usable_fasta(job, folder / uri.name)
    return usable.path.relative_to(job.scratch), read_fai(fai)


def _stage_gvcfs(job: Job, uri: S3Uri) -> list[Sample]:
    """Fetch the list, and what it lists."""
    listed = fetch_list(job, uri, read_list)
    for folder in (_GVCFS, _VARIANTS, _WINDOWS):
        (job.scratch / folder).mkdir()
    samples = [
        Sample(each, _GVCFS / f"{each.sample_id}.g.vcf.gz", _VARIANTS / f"{each.sample_id}.bcf")
        for each in listed
    ]
    gvcfs = {each.listed.uri: job.scratch / each.gvcf for each in samples}
    indexes = {each.listed.index: job.scratch / f"{each.gvcf}.tbi" for each in samples}
    job.stage_in({**gvcfs, **indexes})
    now = job.s3.head(gvcfs)
    changed = [
        f"{one.uri} of {one.sample_id}"
        for one in listed
        if (now[one.uri].size, now[one.uri].etag) != (one.size, one.etag)
    ]
    require_unchanged(changed, "gVCFs")
    return samples


def _require_open_files(samples: int) -> None:
    """Let a process open all files at once."""
    needed = samples + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise InvalidInputError(
                f"{samples} samples can't be merged where a process may open {hard} files",
                hint="raise the limit of open files (nofile) of the hosts' containers",
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _select_variants(job: Job, samples: Sequence[Sample], fasta: Path, caller: Caller) -> None:
    """Write each sample's variants, left-aligned, and index them."""
    chains = [build_variants_chain(each.gvcf, fasta, each.variants, caller) for each in samples]
    indexes = [[build_variants_index_command(each.variants)] for each in samples]
    with job.timed(Phase.RUN), ProcessGroup() as group:
        for each in (chains, indexes):
            job.note(
                group.run_pool(each, workers=job.options.threads, cwd=job.scratch, on_line=_log)
            )


def _merge_windows(
    job: Job,
    samples: Sequence[Sample],
    contigs: Mapping[str, int],
    fasta: Path,
    caller: Caller,
) -> Path:
    """Merge window by window, as many at once as there are threads, and join them."""
    variants = [each.variants for each in samples]
    listed, described = Path("variants.txt"), Path("samples.json")
    (job.scratch / listed).write_text("".join(f"{path}\n" for path in variants))
    document = {"caller": caller.name, "gvcfs": [str(each.gvcf) for each in samples]}
    (job.scratch / described).write_text(json.dumps(document))
    windows = plan_windows(contigs)
    parts, counts, chains = [], [], []
    for number, intervals in enumerate(windows, start=1):
        base = _WINDOWS / f"{number:05d}"
        bed, part, count = (base.with_suffix(end) for end in (".bed", ".vcf.gz", ".json"))
        (job.scratch / bed).write_text(as_bed(intervals))
        filled = [str(base.with_suffix(".sites.bed")), str(count)]
        chains.append(
            [
                build_merge_command(variants, listed, bed),
                [sys.executable, "-m", fill.__name__, str(described), *filled],
                *build_finish_chain(fasta, part, marks_weak=caller.marks_weak),
            ]
        )
        parts.append(part)
        counts.append(count)
    merged = Tally(Unit.WINDOWS, len(windows))
    with job.timed(Phase.RUN), ProcessGroup() as group, job.heartbeat.counting(merged):
        job.note(
            group.run_pool(
                chains,
                workers=job.options.threads,
                cwd=job.scratch,
                on_line=_log,
                on_end=merged.note,
            )
        )
    _require_all(job, samples, counts)
    job.record.facts |= {"windows": len(windows)}
    joint = Path("variants.vcf.gz")
    (job.scratch / "parts.txt").write_text("".join(f"{part}\n" for part in parts))
    job.run(build_gvcf_command(Path("parts.txt"), joint), cwd=job.scratch)
    job.run(build_index_command(joint), cwd=job.scratch)
    return job.scratch / joint


def _require_all(job: Job, samples: Sequence[Sample], counts: Sequence[Path]) -> None:
    """Check that every variant of every sample is a genotype of the merged records.

    Raises:
        InvalidOutputError: names the samples of which one is not.
    """
    found = [0] * len(samples)
    for path in counts:
        window = json.loads((job.scratch / path).read_text())
        found = [one + more for one, more in zip(found, window, strict=True)]
    given = [_records(job, each.variants) for each in samples]
    wrong = [
        f"{each.listed.sample_id}: {had} variants, {has} in the joint VCF"
        for each, had, has in zip(samples, given, found, strict=True)
        if had != has
    ]
    job.record.facts |= {"variantsOfSamples": sum(given)}
    if wrong:
        raise InvalidOutputError(
            f"variants of {len(wrong)} samples are not in the joint VCF", evidence=wrong[:_SHOWN]
        )


def _records(job: Job, variants: Path) -> int:
    count = job.scratch / "records.txt"
    job.run(["bcftools", "index", "--nrecords", str(variants)], stdout=count, cwd=job.scratch)
    return int(count.read_text())


def _check(job: Job, joint: Path, samples: Sequence[Sample], contigs: Mapping[str, int]) -> None:
    """Check that the joint VCF is complete, and has every sample once.

    Raises:
        InvalidOutputError: it has not.
    """
    require_bgzf(joint)
    require_output(Path(f"{joint}.tbi"))
    if vcf_samples(joint) != [each.listed.sample_id for each in samples]:
        raise InvalidOutputError(f"{joint.name} has other columns than the list has samples")
    require_reference(joint, contigs)
    job.record.facts |= {"records": _records(job, joint)}
    if not passing_records(joint)[0]:
        job.record.add_warning("noVariants", "no sample has a variant")


def _log(line: str) -> None:
    LOG.info("[bcftools] %s", line)


if __name__ == "__main__":
    sys.exit(run_job(BCFTOOLS_MERGE, parser(), merge))
