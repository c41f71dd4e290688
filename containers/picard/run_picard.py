"""Measure coverage and insert sizes with Picard: BAM to tables of metrics."""

import argparse
import csv
import os
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jobkit.calling import CallerInput, stage_caller_input
from jobkit.child import open_pipe
from jobkit.errors import ToolMissingError
from jobkit.java import build_java_prefix, heap_mib
from jobkit.job import Job, run_job
from jobkit.options import Parser, job_parser
from jobkit.processes import Command, ProcessGroup
from jobkit.sites import fitting_sites
from jobkit.targets import stage_targets
from jobkit.vcf import require_vcf
from picard.chromosomes import (
    bases_without_n,
    build_count_command,
    depth_of_genome,
    depth_of_targets,
    regions_outside_pars,
)
from picard.commands import (
    BIN,
    build_genome_command,
    build_index_command,
    build_insert_size_command,
    build_pack_command,
    build_target_command,
    genome_cap,
    quick_start,
)
from picard.depths import cap_warning, count_depths, without_cap
from picard.files import (
    TARGET_DEPTH_COLUMNS,
    dictionary,
    fai_in_order,
    first_row,
    interval_list,
    no_insert_sizes,
    number,
    without_date,
)
from picard.fingerprint import (
    LEAST_CALLED,
    build_pileup_commands,
    count_sites,
    fingerprint_lines,
    genotype,
)
from seqstack.domain.progress import Phase
from seqstack.domain.qc.sex import ChromosomeDepth, depths_as_text, outside
from seqstack.domain.reference.chromosomes import Chromosomes
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.fasta_index import parse_fai
from seqstack.domain.reference.sites import sites_as_bed
from seqstack.domain.reference.targets import Targets
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.picard import JAR, PICARD
from seqstack.tools.roles import SITES_OPTION, TARGETS_OPTION

_FASTA = Path("reference.fa")
_TARGETS, _DEPTH = Path("targets.interval_list"), Path("target_depth.tsv")
_COVERAGE, _INSERT_SIZES = Path("coverage_metrics.txt"), Path("insert_size_metrics.txt")
_CHROMOSOMES = Path("chromosome_depth.tsv")
_SMALL_BAM = 256 << 20
# Both programs run at once. That of the coverage keeps a contig's sequence and each target's depth.
_COVERAGE_SHARE, _INSERT_SIZE_SHARE = 0.75, 0.25


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_picard.py", __doc__)
    for name in (
        "--bam_s3_path",
        "--bai_s3_path",
        "--reference_s3_path",
        "--reference_index_s3_path",
        "--qc_s3_path",
    ):
        made.add_argument(name, required=True, type=S3Uri.parse, metavar="URI")
    made.add_argument(TARGETS_OPTION, type=S3Uri.parse, metavar="BED_URI")
    made.add_argument(SITES_OPTION, type=S3Uri.parse, metavar="VCF_URI")
    return made


def measure(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    given = stage_caller_input(job, args, both_ways=False)
    contigs = [Contig(*each) for each in given.header.contigs.items()]
    targets = stage_targets(job, args.targets_s3_path, contigs) if args.targets_s3_path else None
    if targets:
        (job.scratch / _TARGETS).write_text("".join(interval_list(contigs, targets)))
    bam = _lay_out(job, given, contigs)
    fingerprint = _take_fingerprint(job, args.sites_s3_path, bam) if args.sites_s3_path else ()
    coverage = _coverage_command(job, bam, has_targets=targets is not None)
    insert_sizes = build_insert_size_command(
        _java(job, bam, _INSERT_SIZE_SHARE), bam=bam, fasta=_FASTA, metrics=_INSERT_SIZES
    )
    depths = _run_both(
        job, job.scratch / bam, coverage, insert_sizes, has_targets=targets is not None
    )
    _check_coverage(job, targets, depths)
    _check_insert_sizes(job, insert_sizes)
    depth = job.scratch / _DEPTH
    if targets is None:
        depth.write_text("\t".join(TARGET_DEPTH_COLUMNS) + "\n")
    packed = Path(f"{depth}.gz")
    job.run(
        ["cat", str(_DEPTH)],
        build_pack_command(job.options.threads),
        stdout=packed,
        cwd=job.scratch,
    )
    _measure_chromosomes(job, bam, contigs, has_targets=targets is not None)
    outputs = (*(job.scratch / each for each in (_COVERAGE, _INSERT_SIZES, _CHROMOSOMES)), packed)
    outputs = (*outputs, *fingerprint)
    job.publish({path: args.qc_s3_path / path.name for path in outputs})


def _lay_out(job: Job, given: CallerInput, contigs: list[Contig]) -> Path:
    """Give the files the names that Picard expects; return that of the BAM.

    MultiQC names a sample by its input's name, which is in Picard's output.
    """
    bam = Path(f"{job.options.sample_id}.bam")
    for link, file in (
        (bam, given.bam),
        (Path(f"{bam}.bai"), Path(f"{given.bam}.bai")),
        (_FASTA, given.fasta),
    ):
        if not (job.scratch / link).exists():
            (job.scratch / link).symlink_to(file)
    fai = Path(f"{given.fasta}.fai").read_text()
    (job.scratch / f"{_FASTA}.fai").write_text(fai_in_order(fai, contigs))
    (job.scratch / _FASTA.with_suffix(".dict")).write_text("".join(dictionary(contigs)))
    nothing = shutil.which("true")
    if nothing is None:
        raise ToolMissingError("true is not on PATH")
    (job.scratch / BIN).mkdir()
    (job.scratch / BIN / "Rscript").symlink_to(nothing)
    (job.scratch / "tmp").mkdir()
    return bam


def _java(job: Job, bam: Path, share: float) -> list[str]:
    heap = heap_mib(job.options.memory_gib, share)
    java = build_java_prefix(JAR, heap, job.scratch / "tmp")
    return quick_start(java) if (job.scratch / bam).stat().st_size < _SMALL_BAM else java


def _coverage_command(job: Job, bam: Path, *, has_targets: bool) -> list[str]:
    java, cmd_args = _java(job, bam, _COVERAGE_SHARE), job.options.cmd_args
    if not has_targets:
        return build_genome_command(
            java, bam=bam, fasta=_FASTA, metrics=_COVERAGE, cmd_args=cmd_args
        )
    return build_target_command(
        java,
        bam=bam,
        fasta=_FASTA,
        targets=_TARGETS,
        metrics=_COVERAGE,
        depth=_DEPTH,
        cmd_args=cmd_args,
    )


def _run_both(
    job: Job, bam: Path, coverage: Command, insert_sizes: Command, *, has_targets: bool
) -> dict[int, int]:
    """Run both programs; gives the number of the targets' bases with each depth."""
    env = os.environ | {"PATH": f"{job.scratch / BIN}:{os.environ['PATH']}"}
    reader, writer = open_pipe()
    stdout = writer if has_targets else None
    # the group ends first: after a failure, nothing is written any more
    with os.fdopen(reader, "rb") as lines, ThreadPoolExecutor(1) as pool:
        with job.timed(Phase.RUN), ProcessGroup() as group:
            try:
                children = [
                    *group.spawn_chain([coverage], cwd=job.scratch, env=env, stdout=stdout),
                    *group.spawn_chain([insert_sizes], cwd=job.scratch, env=env),
                ]
            finally:
                os.close(writer)
            counted = pool.submit(count_depths, lines) if has_targets else None
            with job.reading(bam, children):
                job.note(group.wait())
        return counted.result() if counted else {}


def _take_fingerprint(job: Job, uri: S3Uri, bam: Path) -> tuple[Path, Path]:
    """Count the reads' bases at the sites; return the VCF and its index.

    Raises:
        InvalidInputError: the sites do not fit the reference.
    """
    folder = job.scratch / "sites"
    job.stage_reference([uri], folder)
    contigs = parse_fai((job.scratch / f"{_FASTA}.fai").read_text())
    sites = fitting_sites(folder / uri.name, job.scratch / _FASTA, contigs)
    bed, pileup = Path("sites.bed"), job.scratch / "pileup.txt"
    (job.scratch / bed).write_text("".join(sites_as_bed(sites, contigs)))
    job.run(*build_pileup_commands(bam, _FASTA, bed), stdout=pileup, cwd=job.scratch)
    with pileup.open() as lines:
        counts = count_sites(lines, sites, contigs)
    plain, packed = job.scratch / "fingerprint.vcf", job.scratch / "fingerprint.vcf.gz"
    with plain.open("w") as file:
        file.writelines(fingerprint_lines(counts, contigs, job.options.sample_id))
    job.run(["cat", str(plain)], build_pack_command(job.options.threads), stdout=packed)
    job.run(build_index_command(packed))
    require_vcf(packed, job.options.sample_id)
    called = sum(genotype(each)[0] != "./." for each in counts.values())
    job.record.facts |= {"sites": len(sites), "sitesWithGenotype": called}
    if called < LEAST_CALLED:
        job.record.add_warning(
            "fingerprintThin",
            f"{called} of {len(sites)} sites have reads enough for a genotype: with fewer than "
            f"{LEAST_CALLED}, samples can't be told apart",
        )
    return packed, Path(f"{packed}.tbi")


def _measure_chromosomes(job: Job, bam: Path, contigs: list[Contig], *, has_targets: bool) -> None:
    """Write the depth of each chromosome; only the header if the reference lacks X or Y."""
    chromosomes = Chromosomes.among(contigs)
    depths: list[ChromosomeDepth] = []
    if chromosomes and has_targets:
        with (job.scratch / _DEPTH).open(newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            depths = depth_of_targets(rows, chromosomes)
    elif chromosomes:
        depths = _depth_of_genome(job, bam, chromosomes)
    (job.scratch / _CHROMOSOMES).write_text(depths_as_text(depths))


def _depth_of_genome(job: Job, bam: Path, chromosomes: Chromosomes) -> list[ChromosomeDepth]:
    fasta = job.scratch / _FASTA
    index = {each.name: each for each in parse_fai(Path(f"{fasta}.fai").read_text())}
    reads, bases = {}, {}
    count = job.scratch / "reads.txt"
    for contig in chromosomes.contigs:
        chrom, length = contig.name, contig.length
        regions = regions_outside_pars(chromosomes, chrom, length)
        command = build_count_command(bam, regions, job.options.threads)
        job.run(command, stdout=count, cwd=job.scratch)
        reads[chrom] = int(count.read_text())
        spans = outside(chromosomes.pars(chrom), length)
        bases[chrom] = bases_without_n(fasta, index[chrom], spans)
    return depth_of_genome(reads, bases, chromosomes)


def _check_coverage(job: Job, targets: Targets | None, depths: Mapping[int, int]) -> None:
    path = job.scratch / _COVERAGE
    text = without_date(path.read_text())
    if targets is not None:
        text = without_cap(text, depths)
    path.write_text(text)
    row = first_row(text)
    if targets is None:
        job.record.facts |= {"meanCoverage": number(row["MEAN_COVERAGE"])}
        median, cap = number(row["MEDIAN_COVERAGE"]), genome_cap(job.options.cmd_args)
        if warning := cap_warning(median, cap):
            job.record.add_warning("depthCapped", warning)
        return
    depth = number(row["MEAN_TARGET_COVERAGE"])
    job.record.facts |= {
        "targets": len(targets.regions),
        "targetBases": targets.bases,
        "meanTargetCoverage": depth,
    }
    if not depth:
        job.record.add_warning(
            "noReadsOnTargets", "no read is on a target: are these the targets of this capture?"
        )


def _check_insert_sizes(job: Job, command: Command) -> None:
    """Picard writes no file if no pair has an insert size."""
    path = job.scratch / _INSERT_SIZES
    if path.exists():
        path.write_text(without_date(path.read_text()))
        first_row(path.read_text())
        return
    path.write_text(no_insert_sizes(command[command.index("CollectInsertSizeMetrics") :]))
    job.record.add_warning(
        "noInsertSizes", "no pair of reads is aligned to one contig, so there are no insert sizes"
    )


if __name__ == "__main__":
    sys.exit(run_job(PICARD, parser(), measure))
